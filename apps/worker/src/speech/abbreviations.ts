/**
 * Written with a full stop that ends no sentence, since a name, a number or more of the abbreviation follows.
 * Lower case, without the last stop.
 */
const abbreviations = new Set(
  [
    'dr mr mrs ms prof st jr mt gen col capt lt sgt rev hon vs approx cf fig nos vol pp e.g i.e inc ltd co',
    'sr sra srta dra d dª ud uds ing lic pág núm ej p.ej ee av gral',
    'hr fr nr bzw z d.h z.b ca bspw str usw',
    'm mm mme mlle mgr',
    'sig dott avv ecc',
  ].flatMap((line) => line.split(' ')),
);

const lastWord = /(?:^|[\s("'«„“‘[¿¡-])([\p{L}\p{N}ª.]+)\.$/u;
const initial = /^\p{Lu}$/u;
const ordinal = /^\p{N}{1,3}$/u;

/**
 * Whether the full stop at the end of `text` most likely belongs to an abbreviation, an initial ("J.") or an
 * ordinal ("3.").
 */
export function endsInAbbreviation(text: string): boolean {
  const word = lastWord.exec(text)?.[1];
  if (word === undefined) return false;
  return initial.test(word) || ordinal.test(word) || abbreviations.has(word.toLowerCase());
}
