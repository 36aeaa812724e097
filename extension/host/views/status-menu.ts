/** The menu behind the status bar item. */
import * as vscode from 'vscode';
import type { Settings } from '../settings.ts';
import { type Snooze, timeOfDay } from '../snooze.ts';

interface MenuItem extends vscode.QuickPickItem {
  readonly run: () => Thenable<unknown>;
}

export async function showStatusMenu(settings: Settings, snooze: Pick<Snooze, 'until'>): Promise<void> {
  const chosen = await vscode.window.showQuickPick(menuItems(settings, snooze), { placeHolder: 'Hotset' });
  await chosen?.run();
}

function menuItems(settings: Settings, { until }: Pick<Snooze, 'until'>): MenuItem[] {
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
    command('$(library) Choose a model…', 'hotset.chooseModel', modelDescription(settings)),
    ...embeddedItem(settings),
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

function modelDescription(settings: Settings): string {
  return settings.modelPath === ''
    ? 'the small embedded one: a better one is a click away'
    : settings.modelPath;
}

function embeddedItem(settings: Settings): MenuItem[] {
  if (settings.modelPath === '') return [];
  return [{ label: '$(package) Use the embedded model', run: () => settings.setModelPath('') }];
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
