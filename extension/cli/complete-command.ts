/** `hotset complete`: the completion the editor would show at a place in a file. */
import type { ModelFigures } from '../protocol/figures.ts';
import type { CompleteParams, CompleteResult, LoadModelParams } from '../protocol/requests.ts';
import type { Engine } from '../engine/engine.ts';
import { loadHelp, loadOptionTypes, loadParams } from './load-options.ts';
import { number, parse, wholeNumber } from './options.ts';
import { outputPath } from './output-file.ts';
import { parsePlace, pathSeenFrom, readAround, type TextAround } from './place.ts';
import { withProgressBar } from './progress-bar.ts';
import { table } from './table.ts';
import { openEngine } from './terminal-engine.ts';
import { writeTrace } from './trace-file.ts';
import { UsageError } from './usage-error.ts';

export const completeHelp = `hotset complete FILE:LINE:COLUMN [options]

The completion the editor would show there. LINE and COLUMN count from 1; COLUMN counts UTF-16 units, as editors do,
and names the character that the cursor stands before. A model that was trained to see the file's path is shown it as
seen from the current folder.

${loadHelp}
  --max-tokens N         longest completion (64)
  --max-lines N          0: no limit (8)
  --temperature T        0: greedy (0)
  --seed N               for temperature above 0 (0)
  --repeat N             send the same request N times to one engine (1)
  --trace FILE           when each device computed what, for Chrome's trace viewer
  --json                 one object, or an array of them with --repeat`;

const optionTypes = {
  ...loadOptionTypes,
  'max-tokens': { type: 'string', default: '64' },
  'max-lines': { type: 'string', default: '8' },
  temperature: { type: 'string', default: '0' },
  seed: { type: 'string', default: '0' },
  repeat: { type: 'string' },
  trace: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

const mostTokens = 4_096;

interface Request {
  readonly around: TextAround;
  readonly load: LoadModelParams;
  readonly complete: CompleteParams;
  /** null: once, and one object instead of an array. */
  readonly repeat: number | null;
  /** null: none. */
  readonly trace: string | null;
  readonly json: boolean;
}

/** @throws UsageError, EngineError */
export async function completeCommand(args: readonly string[]): Promise<void> {
  const request = parseRequest(args);
  const engine = openEngine();
  try {
    const model = await load(engine, request.load);
    if (request.trace !== null && model.decoder !== 'hybrid') {
      throw new UsageError('--trace: llama.cpp keeps none; choose the decoder hybrid');
    }
    print(request, model, await run(engine, request));
    if (request.trace !== null) writeTrace(request.trace, await engine.takeTrace());
  } finally {
    await engine.close();
  }
}

async function load(engine: Engine, params: LoadModelParams): Promise<ModelFigures> {
  return await withProgressBar('loading', (show) => engine.load(params, show));
}

function parseRequest(args: readonly string[]): Request {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  const [place, ...surplus] = positionals;
  if (place === undefined || surplus.length > 0) {
    throw new UsageError('name one place as FILE:LINE:COLUMN, for example src/main.ts:12:5');
  }
  const parsed = parsePlace(place);
  const around = readAround(parsed);
  return {
    around,
    json: values.json,
    repeat: values.repeat === undefined ? null : wholeNumber('repeat', values.repeat, 1, 1_000),
    trace: values.trace === undefined ? null : outputPath('trace', values.trace),
    load: { ...loadParams(values), trace: values.trace !== undefined },
    complete: {
      ...around,
      path: pathSeenFrom(process.cwd(), parsed.file),
      maxTokens: wholeNumber('max-tokens', values['max-tokens'], 1, mostTokens),
      maxLines: wholeNumber('max-lines', values['max-lines'], 0, 10_000),
      maxMilliseconds: 0,
      temperature: number('temperature', values.temperature, 0, 10),
      seed: wholeNumber('seed', values.seed, 0, 0xffffffff),
    },
  };
}

async function run(engine: Engine, request: Request): Promise<CompleteResult[]> {
  const results: CompleteResult[] = [];
  for (let turn = 0; turn < (request.repeat ?? 1); turn++) {
    results.push(await engine.complete(request.complete, new AbortController().signal));
  }
  return results;
}

function print(
  { around, repeat, json }: Request,
  model: ModelFigures,
  results: readonly CompleteResult[],
): void {
  const [first] = results;
  if (first === undefined) return;
  if (json) {
    const { mode, gpuBytes } = model;
    const figures = results.map((result) => ({
      ...result,
      mode,
      gpuBytes: result.device === null ? 0 : gpuBytes,
    }));
    process.stdout.write(JSON.stringify(repeat === null ? figures[0] : figures, null, 2) + '\n');
    return;
  }
  const chosen = `Decoder ${model.decoder}, mode ${model.mode}: ${model.decoderReason}`;
  const parts = [inContext(around, first), '', figuresTable(results), chosen, ...deviceLine(model)];
  process.stdout.write(parts.join('\n') + '\n');
}

function deviceLine({ device, gpuBytes, layers, attentionLayersOnGpu, neuronSplit }: ModelFigures): string[] {
  if (device === null) return [];
  const held = `attention of ${String(attentionLayersOnGpu)} of ${String(layers)} layers, ${percent(neuronSplit.gpu)}% of the neurons`;
  return [`On ${device}: ${held}, ${(gpuBytes / 2 ** 30).toFixed(2)} GiB`];
}

/** The line with the completion in its place, highlighted where the terminal can. */
function inContext({ prefix, suffix }: TextAround, { text, overlap }: CompleteResult): string {
  const left = prefix.slice(prefix.lastIndexOf('\n') + 1);
  const [right = ''] = suffix.slice(overlap).split(/\r?\n/, 1);
  if (text === '') return `${left}${right}\n(no completion worth showing)`;
  const [start, end] = process.stdout.isTTY ? ['\u001b[1;32m', '\u001b[0m'] : ['⟦', '⟧'];
  return `${left}${start}${text}${end}${right}`;
}

function figuresTable(results: readonly CompleteResult[]): string {
  const rows = results.map((result) => [
    String(result.tokens),
    String(result.promptTokens),
    String(result.cachedTokens),
    result.timeToFirstTokenMs.toFixed(1),
    result.tokensPerSecond?.toFixed(0) ?? '–',
    splitText(result.neuronSplit),
    share(result.neuronSplit.activity),
    share(result.neuronSplit.recall),
    result.confidence === null ? '–' : `${percent(result.confidence)}%`,
    result.decoder,
    result.stopReason,
  ]);
  const headings = [
    'tokens',
    'prompt',
    'cached',
    'first token ms',
    'tokens/s',
    'hot/cold',
    'activity',
    'recall',
    'confidence',
  ];
  return table([[...headings, 'decoder', 'ended by'], ...rows]);
}

/** As the status bar has it. */
function splitText({ hot, cold }: CompleteResult['neuronSplit']): string {
  return cold === 0 ? 'dense' : `${percent(hot)}/${percent(cold)}`;
}

function percent(value: number): string {
  return (value * 100).toFixed(0);
}

function share(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(1)}%`;
}
