/** Reading what another program wrote: anything may be anything. */

export function field(value: unknown, name: string): unknown {
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return isThere ? (value as Record<string, unknown>)[name] : undefined;
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The message of llama.cpp's and OpenAI's errors, and of those of others; empty where there is none. */
export function errorMessage(value: unknown): string {
  const error = field(value, 'error');
  return text(field(error, 'message')) ?? text(error) ?? text(field(value, 'message')) ?? '';
}
