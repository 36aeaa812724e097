/** Memory sizes as people write them. */
import { EngineError } from '../errors.ts';

/** What part of a GPU's memory a model may take; `auto`: what is free, less a margin for the desktop. */
export type GpuBudget = number | 'auto';

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/**
 * `6GiB`, `11 GB`, `512MiB`, `0` or `auto`.
 * @throws EngineError badInput
 */
export function parseBudget(text: string): GpuBudget {
  const trimmed = text.trim().toLowerCase();
  if (trimmed === 'auto') return 'auto';
  if (/^0+$/.test(trimmed)) return 0;
  const { amount, unit } = /^(?<amount>\d+(\.\d+)?)\s*(?<unit>[a-z]+)$/.exec(trimmed)?.groups ?? {};
  const factor = unit !== undefined && Object.hasOwn(units, unit) ? units[unit] : undefined;
  const bytes = Math.floor(Number(amount) * (factor ?? NaN));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new EngineError(
    'badInput',
    `"${text}" is no memory size: write it like 6GiB, 11 GB or 512MiB, or auto`,
  );
}

export function memorySize(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes >= 1 ? `${gibibytes.toFixed(2)} GiB` : `${(gibibytes * 1024).toFixed(1)} MiB`;
}
