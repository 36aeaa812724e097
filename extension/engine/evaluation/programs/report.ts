/** A sweep as one page that needs nothing beside it, readable in light and dark. */
import { escaped } from '../../svg.ts';
import { efficiencyCaveat } from './efficiency-ratio.ts';
import type { ProgramsEvaluation } from './evaluate-programs.ts';
import { plotCard, plotSvg, type Plot, type PlotPoint } from './report-plot.ts';
import type { Summary } from './summary.ts';

/** Of kinds of settings: legible on white and on black alike. */
const colours = ['#8c959f', '#3b82d6', '#c9822b', '#2f9e6e', '#a05ad0', '#d1495b'];

export function sweepReport(evaluation: ProgramsEvaluation): string {
  const { settings } = evaluation;
  const title = `${evaluation.model}: ${evaluation.suite}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style()}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p class="note">${escaped(protocolOf(evaluation))}</p>
<ul>${sentences(settings).join('')}</ul>
<div class="plots">${plots(settings).map(figure).join('')}</div>
<h2>Right programs</h2>
${qualityTable(settings)}
<h2>Speed and work</h2>
${speedTable(settings)}
<p class="note">Bars are intervals of 95 %: each setting's own, so they overlap more than settings differ on the same tasks; the table of differences tells that. Tokens a second are of this process's processor time, which does not hang on what else ran; by the clock they are in the table.${escaped(aloneNote(settings))}${escaped(efficiencyNote(settings))} Prompts are computed densely. Neurons: up and down rows that were computed, of all; accepted: of the drafted tokens.</p>
</main>
</body>
</html>
`;
}

/** What was right against the share of neurons computed, as a picture by itself. @returns null where no setting tells either */
export function sweepChart({ suite, model, settings }: ProgramsEvaluation): string | null {
  const plot = plots(settings).find(({ scale }) => scale === 'share');
  if (plot === undefined) return null;
  return plotCard({ ...plot, title: `${suite}: ${model}` }, plotStyle());
}

function protocolOf({
  suite,
  isPublished,
  tasks,
  form,
  writing,
  samples,
  threads,
}: ProgramsEvaluation): string {
  const asked = {
    chat: 'asked as an assistant',
    infilling: 'asked as the editor does',
    continuation: 'prompts continued',
  }[form];
  const how =
    writing.temperature === 0
      ? 'greedy'
      : `${samples} samples each at temperature ${writing.temperature}, top-p ${writing.topP}`;
  const known = isPublished ? '' : ' (not those that its home publishes)';
  return `${tasks} tasks of ${suite}${known}, ${asked}, ${how}, at most ${writing.maxTokens} tokens, ${threads} ${threads === 1 ? 'thread' : 'threads'}.`;
}

/** Nothing where nobody has the ratio. */
export function efficiencyNote(settings: readonly Summary[]): string {
  return settings.some(({ efficiencyRatio }) => efficiencyRatio !== null) ? ` ${efficiencyCaveat}` : '';
}

/** Whose speeds these are, where not of all. */
export function aloneNote(settings: readonly Summary[]): string {
  const parallel = Math.max(1, ...settings.map((one) => one.parallel));
  if (parallel === 1) return '';
  const alone = settings.map((one) => one.alone);
  const [fewest, most] = [Math.min(...alone), Math.max(...alone)];
  const count = fewest === most ? String(most) : `${fewest} to ${most}`;
  return ` Up to ${parallel} completions were written at once; speed, latency and memory are of the ${count} that were written alone.`;
}

function sentences([first, ...others]: readonly Summary[]): string[] {
  if (first === undefined) return [];
  const base = first.passAt[0];
  const one =
    base === undefined
      ? []
      : [
          `<b>${escaped(first.setting)}</b>: pass@${base.k} ${percent(base.rate)} (${percent(base.low)} to ${percent(base.high)}).`,
        ];
  return [...one, ...others.map((other) => sentence(other, first))].map((line) => `<li>${line}</li>`);
}

function sentence(summary: Summary, first: Summary): string {
  const { setting, paired, tokensPerProcessorSecond: speed } = summary;
  const base = first.tokensPerProcessorSecond;
  const times = speed === null || base === null ? '' : `, ${(speed / base).toFixed(2)} × as fast`;
  if (paired === null) return `<b>${escaped(setting)}</b>: no task in common${times}.`;
  const { difference, low, high, p, tasks } = paired;
  const verdict =
    p < 0.05 ? (difference < 0 ? 'worse' : 'better') : 'no difference that chance would not make';
  return `<b>${escaped(setting)}</b>: ${points(difference)} points (${points(low)} to ${points(high)}) on the same ${tasks} tasks${times}: ${verdict} (p = ${p.toPrecision(2)}).`;
}

function plots(settings: readonly Summary[]): Plot[] {
  const all: Plot[] = [
    {
      title: 'Right against speed',
      axis: 'tokens per second of processor time',
      scale: 'number',
      points: pointsOf(settings, ({ tokensPerProcessorSecond }) => tokensPerProcessorSecond),
    },
    {
      title: 'Right against work',
      axis: 'share of neurons computed',
      scale: 'share',
      points: pointsOf(settings, ({ neurons }) => neurons),
    },
  ];
  return all.filter(({ points: drawn }) => drawn.length > 0);
}

function pointsOf(settings: readonly Summary[], xOf: (summary: Summary) => number | null): PlotPoint[] {
  const kinds = [...new Set(settings.map(({ setting }) => kindOf(setting)))];
  return settings.flatMap((summary) => {
    const x = xOf(summary);
    const single = summary.passAt.find(({ k }) => k === 1);
    if (x === null || single === undefined) return [];
    const { rate, low, high } = single;
    const colour = kinds.indexOf(kindOf(summary.setting)) % colours.length;
    return [{ name: summary.setting, colour, x, y: rate, low, high }];
  });
}

function kindOf(setting: string): string {
  return setting.split(':', 1)[0] ?? '';
}

function figure(plot: Plot): string {
  return `<figure>${plotSvg(plot)}</figure>`;
}

function qualityTable(settings: readonly Summary[]): string {
  const base = settings[0]?.setting ?? '';
  const headings = [
    'setting',
    'pass@k',
    '95 %',
    'tasks',
    'outcomes',
    `less ${base}, points`,
    '95 %',
    `${base} alone`,
    'it alone',
    'p (McNemar)',
  ];
  const rows = settings.flatMap(({ setting, passAt, tasks, outcomes, paired }) =>
    passAt.map(({ k, rate, low, high }, index) => [
      setting,
      `@${k}: ${percent(rate)}`,
      `${percent(low)} to ${percent(high)}`,
      String(tasks),
      Object.entries(outcomes)
        .map(([name, count]) => `${count} ${name}`)
        .join(', '),
      ...(paired === null || index > 0
        ? ['', '', '', '', '']
        : [
            points(paired.difference),
            `${points(paired.low)} to ${points(paired.high)}`,
            String(paired.onlyFirst),
            String(paired.onlySecond),
            paired.p.toPrecision(2),
          ]),
    ]),
  );
  return htmlTable(headings, rows);
}

function speedTable(settings: readonly Summary[]): string {
  const headings = [
    'setting',
    'mode',
    'tokens/s',
    'per processor s',
    'token ms, p50',
    'p95',
    'peak memory',
    'neurons',
    'gates',
    'kept mass',
    'adapting',
    'accepted',
    'PER',
    'tokens each',
  ];
  const rows = settings.map((one) => [
    one.setting,
    `${one.decoder}, ${one.mode}`,
    fixed(one.tokensPerSecond, 1),
    fixed(one.tokensPerProcessorSecond, 1),
    fixed(one.tokenMs?.p50 ?? null, 1),
    fixed(one.tokenMs?.p95 ?? null, 1),
    one.peakMemoryBytes === null ? '–' : `${(one.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB`,
    share(one.neurons),
    share(one.gates),
    share(one.keptMass),
    share(one.adapting),
    share(one.accepted),
    fixed(one.efficiencyRatio, 2),
    one.tokensPerCompletion.toFixed(0),
  ]);
  return htmlTable(headings, rows);
}

function htmlTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${cells(headings, 'th')}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)}%`;
}

function share(value: number | null): string {
  return value === null ? '–' : percent(value);
}

function fixed(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits);
}

function points(difference: number): string {
  return `${difference > 0 ? '+' : difference < 0 ? '−' : ''}${Math.abs(difference * 100).toFixed(1)}`;
}

function plotStyle(): string {
  const coloured = colours.map(
    (colour, index) =>
      `.point.c${index}{fill:${colour}}.interval.c${index}{stroke:${colour}}.label.c${index}{fill:${colour}}`,
  );
  return `.leader { stroke: #8c959f; stroke-opacity: 0.4; } .interval { stroke-width: 1.6; fill: none; } .label { font-size: 12px; font-weight: 600; }
${coloured.join('')}`;
}

function style(): string {
  return `
:root { color-scheme: light dark; --ink: #1f2328; --faint: #57606a; --line: #d8dee4; --paper: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --faint: #9198a1; --line: #30363d; --paper: #0d1117; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px; }
h1 { font-size: 22px; } h2 { font-size: 17px; margin-top: 28px; }
.note { color: var(--faint); } text.note { fill: var(--faint); font-size: 12px; } text.name { fill: var(--ink); font-size: 14px; font-weight: 600; }
.plots { display: flex; flex-wrap: wrap; gap: 16px; } figure { margin: 0; flex: 1 1 420px; border: 1px solid var(--line); border-radius: 8px; padding: 8px; }
svg { width: 100%; height: auto; } .grid { stroke: var(--line); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; } th, td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); white-space: nowrap; } th { color: var(--faint); font-weight: 600; }
${plotStyle()}
`;
}
