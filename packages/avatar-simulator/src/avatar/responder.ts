const greeting = /^\s*(?:hi|hello|hey|good (?:morning|afternoon|evening))\b/i;
const farewell = /\b(?:bye|goodbye|see you)\b/i;
const thanks = /\b(?:thanks|thank you)\b/i;
const asksName = /\b(?:your name|who are you)\b/i;
const question = /\?\s*$|^\s*(?:what|who|where|when|why|how|which|can|could|do|does|is|are)\b/i;
const ownName =
  /\b(?:your name is|you are called|you are named|you are|i am|my name is)\s+(?:dr\.?\s+)?(?!(?:an?|the)\b)(\p{Lu}[\p{L}'-]*)/iu;
const small = new Set(
  'a an and are as at be by can could do does for from have how i in is it me my of on or our please that the their they this to was we what when where which who why with would you your'.split(
    ' ',
  ),
);
const maxAnswer = 900;

/**
 * Answers a `talk` task: always the same answer to the same text and prompt. It greets, tells its name, says
 * the sentence of the prompt that shares the most words with a question, and otherwise repeats politely what
 * it heard. At most 900 characters.
 */
export function answer(text: string, prompt = ''): string {
  const said = text.replace(/\s+/g, ' ').trim();
  const name = nameIn(prompt);
  const introduction = name ? `My name is ${name}.` : 'I am your avatar.';
  if (asksName.test(said)) return `${introduction} How can I help you?`;
  if (greeting.test(said) && said.length < 40) return `Hello! ${introduction} How can I help you?`;
  if (thanks.test(said)) return 'You are very welcome.';
  if (farewell.test(said)) return 'Goodbye! It was a pleasure to talk to you.';
  const known = sentenceAbout(said, prompt);
  if (known) return known;
  const quoted = clip(said.replace(/[?.!\s]+$/, ''), maxAnswer - 100);
  return question.test(said)
    ? `You asked: ${quoted}? I will gladly find that out for you.`
    : `I heard you say: ${quoted}. Please tell me more.`;
}

function nameIn(prompt: string): string | undefined {
  const name = ownName.exec(prompt)?.[1];
  return name && /^\p{Lu}/u.test(name) ? name : undefined;
}

/**
 * The sentence of the prompt with the most words of the question; at least two have to be in it, or the only
 * one there is.
 */
function sentenceAbout(text: string, prompt: string): string | undefined {
  const asked = words(text);
  const needed = Math.min(2, asked.size);
  if (needed === 0) return undefined;
  let best: { score: number; sentence: string } | undefined;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'sentence' }).segment(
    prompt.slice(0, 20_000),
  )) {
    const score = [...words(segment)].filter((word) => asked.has(word)).length;
    if (score >= needed && score > (best?.score ?? 0)) best = { score, sentence: segment.trim() };
  }
  return best && clip(best.sentence, maxAnswer);
}

function words(text: string): Set<string> {
  const found = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(found.filter((word) => !small.has(word)));
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).replace(/\s+\S*$/, '');
}
