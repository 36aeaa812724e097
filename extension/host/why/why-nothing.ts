/** The command that says why nothing was suggested: a page beside the editor, which takes no focus. */
import * as vscode from 'vscode';
import type { Inquiries, Inquiry } from '../../scheduling/inquiry.ts';
import { refusalOf } from '../completion/eligibility.ts';
import type { EngineState } from '../engine/engine-state.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Settings } from '../settings.ts';
import { explain, explainRefusal, type Reason } from './explain.ts';

export interface WhyTools {
  readonly inquiries: Pick<Inquiries, 'all'>;
  readonly supervisor: Pick<EngineSupervisor, 'state'>;
  readonly settings: Settings;
}

export const whyScheme = 'hotset-why';
const address = vscode.Uri.from({ scheme: whyScheme, path: '/Why nothing.md' });

/** Holds the page's text; a new one replaces it where it is open. */
export class WhyPage implements vscode.TextDocumentContentProvider {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  #text = '';

  get text(): string {
    return this.#text;
  }

  update(text: string): void {
    this.#text = text;
    this.#changed.fire(address);
  }

  async show(text: string): Promise<void> {
    this.update(text);
    const document = await vscode.workspace.openTextDocument(address);
    await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
      preview: true,
    });
  }

  provideTextDocumentContent(): string {
    return this.#text;
  }
}

const page = new WhyPage();

/** To be registered once. */
export function provideWhyPage(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(whyScheme, page);
}

export async function whyNothing(tools: WhyTools): Promise<void> {
  const active = vscode.window.activeTextEditor;
  const editor = active?.document.uri.scheme === whyScheme ? undefined : active;
  const { all } = tools.inquiries;
  const inquiry =
    editor === undefined
      ? all[0]
      : all.find(({ position }) => position.document === editor.document.uri.toString());
  const shown = { editor, inquiry, isHere: isAt(editor, inquiry) };
  const text = textOf(shown, tools);
  await page.show(text);
  // The palette makes VS Code take back a question whose answer is still on its way.
  await inquiry?.more();
  if (page.text === text) page.update(textOf(shown, tools));
}

interface Shown {
  readonly editor: vscode.TextEditor | undefined;
  /** The last question in its document; without an editor, the last one. */
  readonly inquiry: Inquiry | undefined;
  /** Whether the cursor stood there when the page was asked for. */
  readonly isHere: boolean;
}

function isAt(editor: vscode.TextEditor | undefined, inquiry: Inquiry | undefined): boolean {
  const cursor = editor?.selection.active;
  return (
    cursor !== undefined &&
    inquiry?.position.line === cursor.line &&
    inquiry.position.character === cursor.character
  );
}

function textOf(shown: Shown, { inquiries, supervisor, settings }: WhyTools): string {
  const { editor, inquiry } = shown;
  const parts = [
    '# Why nothing?',
    ...engineTrouble(supervisor.state),
    ...(editor === undefined ? [] : modelAtHand(supervisor.state, editor, settings)),
    ...(editor === undefined ? [] : editorTrouble(editor, shown.isHere, settings)),
    ...(inquiry === undefined ? [] : lastQuestion(inquiry, shown.isHere)),
    ...questionsBefore(inquiries.all.filter((one) => one !== inquiry)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function engineTrouble(state: EngineState): string[] {
  switch (state.kind) {
    case 'failed':
      return [`**The engine does not run:** ${state.reason}`];
    case 'starting':
    case 'loading':
      return ['**The model is still being loaded:** the first answer comes when it is there.'];
    default:
      return [];
  }
}

/** Which model answers here, and by which setting. */
function modelAtHand(state: EngineState, { document }: vscode.TextEditor, settings: Settings): string[] {
  if (state.kind === 'resting') {
    return ['The model left memory, because nobody asked for long. It comes back with the next question.'];
  }
  if (!('model' in state) || refusalOf(document, settings) !== null) return [];
  const { languageId } = document;
  const own = settings.hasOwnModel(languageId)
    ? `, the model for ${languageId} by \`hotset.model.pathByLanguage\``
    : '';
  return [`Completed by ${state.model.name}${own}.`];
}

/** What keeps questions from coming at all. */
function editorTrouble(editor: vscode.TextEditor, isHere: boolean, settings: Settings): string[] {
  const { document, selection } = editor;
  const isOffered =
    vscode.workspace.getConfiguration('editor', document).get('inlineSuggest.enabled') !== false;
  if (!isOffered) return ['**VS Code asks nobody:** its own setting `editor.inlineSuggest.enabled` is off.'];
  if (isHere) return [];
  // VS Code need not have asked for it to be so.
  const refusal = refusalOf(document, settings);
  if (refusal !== null) return headed(explainRefusal(refusal));
  return [
    `**Nothing was asked at the cursor** (line ${String(selection.active.line + 1)}): VS Code asks when something is typed, not when ` +
      'the cursor moves. *Hotset: Complete Here* asks at once.',
  ];
}

function headed({ headline, advice }: Reason): string[] {
  return [`**${headline}**`, ...(advice.length === 0 ? [] : [advice.map((line) => `- ${line}`).join('\n')])];
}

function lastQuestion(inquiry: Inquiry, isStillThere: boolean): string[] {
  const { steps, ...reason } = explain(inquiry, { isStillThere });
  return [
    `## The last question, ${placeOf(inquiry)}`,
    ...headed(reason),
    // A list: the editor draws guides through lines that are set in.
    steps.map(({ afterMs, text }) => `- After ${afterMs.toFixed(0)} ms: ${text}`).join('\n'),
  ];
}

const mostBefore = 10;

function questionsBefore(inquiries: readonly Inquiry[]): string[] {
  if (inquiries.length === 0) return [];
  const lines = inquiries
    .slice(0, mostBefore)
    .map((inquiry) => `- ${placeOf(inquiry)}: ${explain(inquiry).headline}`);
  return ['## Before that', lines.join('\n')];
}

function placeOf({ position, isInvoked, time }: Inquiry): string {
  const name = decodeURIComponent(position.document.slice(position.document.lastIndexOf('/') + 1));
  const by = isInvoked ? ', by hand' : '';
  return `${name} line ${String(position.line + 1)}, ${new Date(time).toLocaleTimeString()}${by}`;
}
