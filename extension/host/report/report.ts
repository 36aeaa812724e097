/** The text of a problem report: versions, machine, settings and log; no code, no paths. */
import type { Inquiry } from '../../scheduling/inquiry.ts';
import type { EngineState } from '../engine/engine-state.ts';
import { explain } from '../why/explain.ts';
import { withoutPaths } from './without-paths.ts';

export interface ReportParts {
  /** Name and value of each; as `versions` and `machine`. */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Readonly<Record<string, string>>;
  /** Those that differ from their defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly state: EngineState;
  /** Newest first. */
  readonly inquiries: readonly Inquiry[];
  readonly log: readonly string[];
  /** Of this person: nothing of their names is told. */
  readonly folders: readonly string[];
}

/** Their values are paths, addresses, or names of a person's files. */
const privateSettings = new Set([
  'hotset.model.path',
  'hotset.models.mirror',
  'hotset.server.url',
  'hotset.exclude',
  'hotset.model.pathByLanguage',
]);
const mostInquiries = 10;
/** What the model would have said is code. */
const quoted = /`[^`]*`/g;

export function reportText({
  versions,
  machine,
  settings,
  state,
  inquiries,
  log,
  folders,
}: ReportParts): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Versions', listed(versions)],
    ['Machine', listed(machine)],
    ['Settings that differ from their defaults', settingsLines(settings)],
    ['Model for the file at hand', stateLines(state)],
    ['Last questions, newest first', inquiries.slice(0, mostInquiries).map(inquiryLine)],
  ];
  const parts = sections.map(
    ([title, lines]) => `## ${title}\n\n${lines.length === 0 ? 'none' : lines.join('\n')}`,
  );
  const logPart = `## Log\n\n\`\`\`\n${log.join('\n')}\n\`\`\``;
  const whole = ['# Hotset: problem report', 'What happened, and what did you expect?', ...parts, logPart];
  return withoutPaths(`${whole.join('\n\n')}\n`, folders);
}

function listed(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `- ${name}: ${value}`);
}

function settingsLines(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(settings).map(([name, value]) =>
    privateSettings.has(name)
      ? `- ${name}: set${languagesIn(name, value)}`
      : `- ${name}: ${JSON.stringify(value)}`,
  );
}

/** Which languages have models of their own names no file. */
function languagesIn(name: string, value: unknown): string {
  if (name !== 'hotset.model.pathByLanguage' || typeof value !== 'object' || value === null) return '';
  return ` for ${Object.keys(value).join(', ')}`;
}

function stateLines(state: EngineState): string[] {
  if (state.kind === 'failed') return [`- failed: ${state.reason}`];
  if (!('model' in state)) return [`- ${state.kind}`];
  const { name, architecture, quantisation, parameters, decoder, mode, kernel, device, contextLength } =
    state.model;
  return listed({
    name,
    shape: `${architecture}, ${(parameters / 1e9).toFixed(2)} G parameters, ${quantisation}`,
    decoder: `${decoder}, ${mode}${kernel === null ? '' : `, ${kernel}`}, context ${String(contextLength)}`,
    GPU: device ?? 'none in use',
    warnings: state.model.warnings.join('; ') || 'none',
  });
}

function inquiryLine(inquiry: Inquiry): string {
  const steps = explain(inquiry).steps.map(({ afterMs, text }) => `${afterMs.toFixed(0)} ms ${text}`);
  return `- ${explain(inquiry).headline.replace(quoted, '…')} (${steps.join('; ')})`;
}
