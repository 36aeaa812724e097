/** Options that more than one command takes. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './usage-error.ts';

/** `parseArgs` with one clear line for what it refuses. */
export function parse<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error);
    throw new UsageError(`${message.replace(/\.$/, '')}: see hotset --help`);
  }
}

/** @throws UsageError unless `text` is a whole number of at least `least` and at most `most` */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} ${text}: give a whole number from ${String(least)} to ${String(most)}`);
}

/** @throws UsageError unless `text` is a number of at least `least` and at most `most` */
export function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  throw new UsageError(`--${name} ${text}: give a number from ${String(least)} to ${String(most)}`);
}

/** @throws UsageError unless `text` is one of `choices` */
export function choice<Choice extends string>(
  name: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((candidate) => candidate === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${name} ${text}: choose one of ${choices.join(', ')}`);
}
