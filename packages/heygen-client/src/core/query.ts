/** `?a=1&b=2` of what is given, or nothing. */
export function queryString(parameters: Record<string, string | number | boolean | undefined>): string {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters))
    if (value !== undefined) given.set(key, String(value));
  return given.size > 0 ? `?${given.toString()}` : '';
}
