/** The menu behind the status bar item. */
import * as vscode from 'vscode';
import type { CatalogueEntry } from '../../models/catalogue.ts';
import type { Settings } from '../settings.ts';
import { type Snooze, timeOfDay } from '../snooze.ts';

interface MenuItem extends vscode.QuickPickItem {
  readonly run: () => Thenable<unknown>;
}

export interface StatusMenuTools {
  readonly settings: Settings;
  readonly snooze: Pick<Snooze, 'until'>;
  /** What an offline package carries; null: the small model. */
  readonly carried: CatalogueEntry | null;
}

export async function showStatusMenu(tools: StatusMenuTools): Promise<void> {
  const chosen = await vscode.window.showQuickPick(menuItems(tools), { placeHolder: 'Hotset' });
  await chosen?.run();
}

function menuItems(tools: StatusMenuTools): MenuItem[] {
  const { settings } = tools;
  const { until } = tools.snooze;
  const isOn = settings.isEnabled && until === null;
  return [
    ...(isOn ? [command('$(sparkle) Complete here', 'hotset.completeHere')] : []),
    ...(until === null
      ? []
      : [command('$(bell) Wake up', 'hotset.toggle', `snoozed until ${timeOfDay(until)}`)]),
    ...(isOn ? [command('$(bell-slash) Snooze for an hour', 'hotset.snooze')] : []),
    ...(until === null
      ? [command(settings.isEnabled ? '$(circle-slash) Switch off' : '$(zap) Switch on', 'hotset.toggle')]
      : []),
    ...languageItem(settings),
    ...modelItems(tools),
    command('$(circuit-board) Show the neuron map', 'hotset.showNeurons'),
    command('$(question) Why nothing?', 'hotset.whyNothing', 'what became of the last question'),
    command('$(debug-restart) Restart engine', 'hotset.restartEngine'),
    command('$(output) Show log', 'hotset.showLog'),
    command('$(report) Report a problem…', 'hotset.reportProblem'),
    command('$(gear) Settings', 'workbench.action.openSettings', '', 'hotset'),
  ];
}

function command(label: string, name: string, description = '', ...parameters: unknown[]): MenuItem {
  return { label, description, run: () => vscode.commands.executeCommand(name, ...parameters) };
}

/** Of the language one is in, where that has a model of its own, and of all others. */
function modelItems(tools: StatusMenuTools): MenuItem[] {
  const { settings } = tools;
  const language = vscode.window.activeTextEditor?.document.languageId;
  const own = language !== undefined && settings.hasOwnModel(language) ? language : undefined;
  return [
    ...(language === undefined
      ? []
      : [
          command(
            `$(library) Choose a model for ${language}…`,
            'hotset.chooseLanguageModel',
            own === undefined ? 'as for other languages' : modelDescription(tools, own),
          ),
        ]),
    command('$(library) Choose a model…', 'hotset.chooseModel', modelDescription(tools)),
    ...(settings.modelPath() === '' ? [] : [embeddedItem(settings)]),
  ];
}

function modelDescription({ settings, carried }: StatusMenuTools, languageId?: string): string {
  const path = settings.modelPath(languageId);
  if (path !== '') return path;
  return carried?.name ?? 'the small embedded one: a better one is a click away';
}

function embeddedItem(settings: Settings): MenuItem {
  return { label: '$(package) Use the embedded model', run: () => settings.setModelPath('') };
}

/** For the language of the file one is in. */
function languageItem(settings: Settings): MenuItem[] {
  const language = vscode.window.activeTextEditor?.document.languageId;
  if (language === undefined || !settings.isEnabled) return [];
  const isEnabled = settings.isLanguageEnabled(language);
  return [
    {
      label: isEnabled ? `$(circle-slash) Switch off for ${language}` : `$(zap) Switch on for ${language}`,
      run: () => settings.setLanguageEnabled(language, !isEnabled),
    },
  ];
}
