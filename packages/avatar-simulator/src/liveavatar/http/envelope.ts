import { successCode } from '@avatar-bridge/heygen-client/liveavatar';

export function success(data: unknown, message = 'Success'): object {
  return { code: successCode, data, message };
}

/** One page of a list, as the vendor's OpenAPI has it. */
export function pageOf(
  entries: readonly unknown[],
  url: string,
  { page = 1, page_size: size = 20 }: { page?: number; page_size?: number },
): object {
  const link = (to: number): string => {
    const address = new URL(url);
    address.searchParams.set('page', String(to));
    return address.href;
  };
  const last = Math.max(1, Math.ceil(entries.length / size));
  return {
    count: entries.length,
    next: page < last ? link(page + 1) : null,
    previous: page > 1 ? link(page - 1) : null,
    results: entries.slice((page - 1) * size, page * size),
  };
}
