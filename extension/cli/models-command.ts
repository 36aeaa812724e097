/** `hotset models`: the models that Hotset knows, and getting them. */
import { cpus, totalmem } from 'node:os';
import { type CatalogueEntry, catalogue, entryOf } from '../models/catalogue.ts';
import { measureMachine, thisMachine } from '../engine/machine/measure-machine.ts';
import { type GpuChoice, measuredGpu } from '../engine/machine/measured-gpu.ts';
import { parseBudget } from '../engine/placement/budget.ts';
import { EngineError } from '../engine/errors.ts';
import type { CostMachine } from '../models/cost/machine.ts';
import { keptMachine } from '../models/cost/machine-cache.ts';
import { DownloadError } from '../models/download/download-error.ts';
import { downloadModel, type DownloadProgress, pause } from '../models/download/download-model.ts';
import { modelFolder, modelPath, modelState } from '../models/model-folder.ts';
import { type Verdict, verifyModel } from '../models/verify-model.ts';
import { checkedRun, checkForecasts, checkTable, medianErrors } from './forecast-check.ts';
import { interruptible } from './interruptible.ts';
import { adviceTable, listedModels, modelsTable } from './models-report.ts';
import { parse, wholeNumber } from './options.ts';
import { withProgressBar } from './progress-bar.ts';
import { type Installation, openInstallation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

export const modelsHelp = `hotset models list | advise | download NAME... | verify [NAME...] [options]

list: the models that Hotset knows, whether each fits this machine, and what of it lies here. advise: measures this machine,
which takes a few seconds, and says how fast each would be here. download: brings models to the folder where the editor looks
for them too, checked by SHA-256. Ctrl-C keeps what arrived, and the same command goes on from there. verify: reads what was
downloaded and says whether it is the published file; exit code 1 where one is not.

  --mirror M             in place of Hugging Face: an address that has its paths, or a folder
  --folder F             another folder than the editor's
  --check RUN,RUN        advise: runs models instead, and shows how far the forecast is off; RUN is SHAPE:QUANTISATION (random
                         weights) or FILE:SHAPE:QUANTISATION, with :exact behind it for that mode; needs --threads
  --threads N,N          of --check
  --again                advise: measures this machine although that was done before
  --gpu-budget SIZE      advise: of the GPU's memory, for example 6GiB; 0 leaves the GPU alone (auto: what is free)
  --device D             advise: a GPU by name (the first with memory of its own)
  --json                 one object`;

const optionTypes = {
  mirror: { type: 'string', default: '' },
  folder: { type: 'string' },
  again: { type: 'boolean', default: false },
  check: { type: 'string' },
  threads: { type: 'string' },
  'gpu-budget': { type: 'string' },
  device: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

interface Request {
  readonly names: readonly string[];
  readonly mirror: string;
  readonly folder: string;
  readonly again: boolean;
  readonly check: string | undefined;
  readonly threads: string | undefined;
  /** null: the one that models would use without further settings. */
  readonly gpu: GpuChoice | null;
  readonly json: boolean;
}

type Action = (request: Request) => Promise<void>;

const actions: Readonly<Record<string, Action>> = { list, advise, download, verify };

/** @throws UsageError, DownloadError */
export async function modelsCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  const [name = '', ...names] = positionals;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined)
    throw new UsageError('say what to do: hotset models list, advise, download or verify');
  const { mirror, folder = modelFolder(), again, check, threads, json } = values;
  const { device, 'gpu-budget': budget } = values;
  const isChosen = device !== undefined || budget !== undefined;
  const gpu = isChosen ? { device: device ?? null, budget: parseBudget(budget ?? 'auto') } : null;
  await action({ names, mirror, folder, again, check, threads, gpu, json });
}

async function list({ names, folder, json }: Request): Promise<void> {
  if (names.length > 0) throw new UsageError(`${names.join(' ')}: list takes no names`);
  const machine = { memory: totalmem(), cores: cpus().length, measured: keptMachine() };
  const listed = await listedModels(catalogue, folder, machine);
  print(json, { folder, models: listed }, () => modelsTable(listed));
}

async function advise(request: Request): Promise<void> {
  const { names, folder, again, check, gpu, json } = request;
  if (names.length > 0) throw new UsageError(`${names.join(' ')}: advise takes no names`);
  if (check !== undefined) {
    await checkAdvice(check, request);
    return;
  }
  const installation = openInstallation();
  const own = await (again ? measureMachine : thisMachine)(installation);
  const measured =
    own === null || gpu === null ? own : { ...own, gpu: await measuredGpu(gpu, own.cores, installation) };
  const machine = { memory: totalmem(), cores: cpus().length, measured };
  const listed = await listedModels(catalogue, folder, machine);
  print(json, { machine: measured, models: listed }, () =>
    adviceTable(listed, measured, installation.addon.devices()),
  );
}

async function checkAdvice(check: string, { threads, json }: Request): Promise<void> {
  const runs = check.split(',').map(checkedRun);
  const counts = (threads ?? '').split(',').map((count) => wholeNumber('threads', count, 1, 512));
  const installation = openInstallation();
  const machine = await measuredNow(installation);
  const rows = await checkForecasts(installation, runs, counts, () => measuredNow(installation));
  print(json, { machine, rows, medianErrors: medianErrors(rows) }, () => checkTable(rows, machine));
}

/** Without the GPU: the runs are the processor's. */
async function measuredNow(installation: Installation): Promise<CostMachine> {
  const machine = await measureMachine(installation);
  if (machine === null) throw new EngineError('internal', 'the measurement was cancelled');
  return { ...machine, gpu: null };
}

async function download({ names, mirror, folder, json }: Request): Promise<void> {
  if (names.length === 0) throw new UsageError('name a model: hotset models list shows them');
  const downloaded: { id: string; path: string }[] = [];
  for (const entry of entriesOf(names)) {
    downloaded.push({ id: entry.id, path: await downloadOne(entry, { mirror, folder }) });
  }
  print(json, { downloaded }, () => downloaded.map(({ path }) => path).join('\n'));
}

async function downloadOne(
  entry: CatalogueEntry,
  { mirror, folder }: Pick<Request, 'mirror' | 'folder'>,
): Promise<string> {
  const download = withProgressBar(entry.id, (show) =>
    interruptible((signal) => {
      const pausing = new AbortController();
      signal.addEventListener('abort', () => {
        pausing.abort(pause);
      });
      const onProgress = (progress: DownloadProgress) => {
        show(progress.bytes / progress.total, doing(progress));
      };
      return downloadModel(entry, { mirror, folder, signal: pausing.signal, onProgress });
    }),
  );
  return await download.catch((error: unknown) => {
    if (!(error instanceof DownloadError)) throw error;
    const again = error.kind === 'cancelled' ? ': the same command goes on with it' : '';
    throw new UsageError(error.message + again);
  });
}

function doing({ doing, bytes, total }: DownloadProgress): string {
  const size = `${(bytes / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB`;
  return doing === 'downloading'
    ? size
    : `${size}, ${doing === 'checking' ? 'read again' : 'by another window'}`;
}

interface Verified {
  readonly id: string;
  readonly path: string;
  readonly verdict: Verdict;
}

async function verify({ names, folder, json }: Request): Promise<void> {
  const entries = names.length > 0 ? entriesOf(names) : await present(folder);
  const verdicts: Verified[] = [];
  for (const entry of entries) {
    verdicts.push({
      id: entry.id,
      path: modelPath(entry, folder),
      verdict: await verifyModel(entry, folder),
    });
  }
  if (verdicts.some(({ verdict }) => verdict !== 'right')) process.exitCode = 1;
  print(json, { verified: verdicts }, () =>
    verdicts.length === 0
      ? `nothing was downloaded to ${folder}`
      : verdicts.map(({ path, verdict }) => `${path}: ${sentences[verdict]}`).join('\n'),
  );
}

const sentences: Readonly<Record<Verdict, string>> = {
  right: 'the published file',
  wrong: 'not the published file: delete it and download it again',
  absent: 'not downloaded',
  unknown: 'nobody knows what its SHA-256 should be',
};

async function present(folder: string): Promise<CatalogueEntry[]> {
  const found: CatalogueEntry[] = [];
  for (const entry of catalogue) {
    const { kind } = await modelState(entry, folder);
    if (kind === 'present' || kind === 'damaged') found.push(entry);
  }
  return found;
}

function entriesOf(names: readonly string[]): CatalogueEntry[] {
  return names.map((name) => {
    const entry = entryOf(name);
    if (entry === null) throw new UsageError(`${name} is no model that Hotset knows: see hotset models list`);
    return entry;
  });
}

function print(json: boolean, result: object, text: () => string): void {
  process.stdout.write((json ? JSON.stringify(result, null, 2) : text()) + '\n');
}
