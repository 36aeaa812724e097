/** The list of models: those of the catalogue, the embedded one, and any file; for one language, or for all that have none of their own. */
import { cpus, totalmem } from 'node:os';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { catalogue, type CatalogueEntry } from '../../models/catalogue.ts';
import { keptMachine } from '../../models/cost/machine-cache.ts';
import { discardParts, modelPath, modelState } from '../../models/model-folder.ts';
import { downloadAndUse, type ModelTools } from './download-and-use.ts';
import { deleteModel, revealModel, verifyInView } from './downloaded-model.ts';
import { type ModelPick, modelPicks } from './model-picks.ts';
import type { Settings } from '../settings.ts';
import { useModel } from './use-model.ts';

interface Item extends vscode.QuickPickItem {
  readonly run?: () => Promise<void>;
  readonly pick?: ModelPick;
}

const pauseButton: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('debug-pause'),
  tooltip: 'Pause the download',
};
const discardButton: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('trash'),
  tooltip: 'Delete what was downloaded so far',
};
const verifyButton: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('verified'),
  tooltip: 'Verify: is it the published file?',
};
const revealButton: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('folder-opened'),
  tooltip: 'Show where it lies',
};
const deleteButton: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('trash'), tooltip: 'Delete' };

/** What is done with a model that lies here; the list makes room for it. */
const withDownloaded = new Map([
  [verifyButton, verifyInView],
  [revealButton, revealModel],
  [deleteButton, deleteModel],
]);

/** With the language that the list is about; null: about all that have no model of their own. */
interface ListTools extends ModelTools {
  readonly languageId: string | null;
}

/** Of the file that a person is in; null: in none. */
export function languageAtHand(): string | null {
  return vscode.window.activeTextEditor?.document.languageId ?? null;
}

export async function chooseModel(model: ModelTools, languageId: string | null = null): Promise<void> {
  const tools = { ...model, languageId };
  const list = vscode.window.createQuickPick<Item>();
  list.title = languageId === null ? 'Choose a model' : `Choose a model for ${languageId}`;
  list.placeholder = 'Nothing is downloaded before you choose it';
  list.matchOnDescription = true;
  list.items = await itemsOf(tools);
  list.onDidTriggerItemButton(({ item, button }) => {
    const act = withDownloaded.get(button);
    if (act !== undefined && item.pick !== undefined) {
      list.hide();
      void act(item.pick.entry, tools);
      return;
    }
    void press(button, item, tools)
      .then(() => itemsOf(tools))
      .then((items) => {
        list.items = items;
      });
  });
  list.onDidAccept(() => {
    const [item] = list.selectedItems;
    list.hide();
    void item?.run?.();
  });
  let isOpen = true;
  list.onDidHide(() => {
    isOpen = false;
    list.dispose();
  });
  list.show();
  void measured(tools).then(async (isNew) => {
    const items = isNew ? await itemsOf(tools) : [];
    if (isNew && isOpen) replace(list, items);
  });
}

/** Whoever is on their way to a model stays at it. */
function replace(list: vscode.QuickPick<Item>, items: Item[]): void {
  const at = list.activeItems[0]?.pick?.entry;
  list.items = items;
  const same = items.find(({ pick }) => at !== undefined && pick?.entry === at);
  if (same !== undefined) list.activeItems = [same];
}

/** Speeds are rules of thumb until the machine is measured, which takes the engine a few seconds. */
async function measured({ supervisor }: ModelTools): Promise<boolean> {
  return keptMachine() === null && (await supervisor.measureMachine());
}

async function press(
  button: vscode.QuickInputButton,
  { pick }: Item,
  { downloads }: ModelTools,
): Promise<void> {
  if (pick === undefined) return;
  if (button === pauseButton) await downloads.pause(pick.entry);
  if (button === discardButton) await discardParts(pick.entry, downloads.folder);
}

async function itemsOf(tools: ListTools): Promise<Item[]> {
  const { settings, downloads, carried, languageId } = tools;
  const pathOf = (entry: CatalogueEntry) => (entry === carried ? '' : modelPath(entry, downloads.folder));
  const states = await Promise.all(
    catalogue.map(async (entry) => [entry, await modelState(entry, downloads.folder)] as const),
  );
  const byEntry = new Map(states);
  const picks = modelPicks({
    entries: catalogue,
    stateOf: (entry) =>
      entry === carried
        ? { kind: 'carried', bytes: 0 }
        : (byEntry.get(entry) ?? { kind: 'absent', bytes: 0 }),
    isRunning: (entry) => downloads.isRunning(entry),
    useOf: (entry) => useOf(pathOf(entry), settings),
    isChosen: (entry) => settings.modelPath(languageId ?? undefined) === pathOf(entry),
    machine: { memory: totalmem(), cores: cpus().length, measured: keptMachine() },
  });
  return [
    ...otherFileItem(tools, catalogue.map(pathOf)),
    ...otherLanguagesItem(tools),
    ...picks.map((pick) => ({
      ...pick,
      pick,
      buttons: buttonsOf(pick, tools),
      run: () => takeUp(pick, tools),
    })),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...(carried === null ? [embeddedItem(tools)] : []),
    { label: '$(folder-opened) Choose a File…', description: 'any GGUF file', run: () => chooseFile(tools) },
  ];
}

function buttonsOf({ entry, state }: ModelPick, { downloads }: ModelTools): vscode.QuickInputButton[] {
  if (downloads.isRunning(entry)) return [pauseButton];
  if (state.kind === 'partial') return [discardButton];
  return state.kind === 'absent' || state.kind === 'carried' ? [] : [...withDownloaded.keys()];
}

async function takeUp({ entry, state }: ModelPick, tools: ListTools): Promise<void> {
  const { downloads, settings, supervisor, languageId } = tools;
  if (downloads.isRunning(entry)) return;
  if (state.kind === 'carried') await settings.setModelPath('', languageId);
  else if (state.kind === 'present') {
    await useModel(modelPath(entry, downloads.folder), supervisor, settings, languageId);
  } else await downloadAndUse(entry, tools, languageId);
}

function embeddedItem({ settings, languageId }: ListTools): Item {
  const isChosen = settings.modelPath(languageId ?? undefined) === '';
  const use = useOf('', settings);
  return {
    label: `${isChosen ? '$(check)' : '$(package)'} The embedded model`,
    description: `always there, small${use === '' ? '' : ` · ${use}`}`,
    run: () => settings.setModelPath('', languageId),
  };
}

/** A file in use that is none of the list's own. */
function otherFileItem({ settings, languageId }: ListTools, listed: readonly string[]): Item[] {
  const path = settings.modelPath(languageId ?? undefined);
  if (path === '' || listed.includes(path)) return [];
  return [{ label: `$(check) ${basename(path)}`, description: useOf(path, settings), detail: path }];
}

/** The way back from a model of its own. */
function otherLanguagesItem({ settings, languageId }: ListTools): Item[] {
  if (languageId === null || !settings.hasOwnModel(languageId)) return [];
  return [
    {
      label: '$(discard) As for Other Languages',
      description: `${languageId} needs no model of its own`,
      run: () => settings.dropOwnModel(languageId),
    },
  ];
}

/** `in use`, and for which languages in particular. */
function useOf(path: string, settings: Settings): string {
  const languages = settings.languagesOf(path).join(', ');
  const isForOthers = settings.modelPath() === path;
  if (languages === '') return isForOthers ? 'in use' : '';
  return isForOthers ? `in use, also for ${languages}` : `in use for ${languages}`;
}

async function chooseFile({ supervisor, settings, languageId }: ListTools): Promise<void> {
  const current = settings.modelPath(languageId ?? undefined);
  const chosen = await vscode.window.showOpenDialog({
    title: 'Choose a model file',
    openLabel: 'Use This Model',
    filters: { 'GGUF models': ['gguf'] },
    ...(current === '' ? {} : { defaultUri: vscode.Uri.file(current) }),
  });
  const path = chosen?.[0]?.fsPath;
  if (path !== undefined) await useModel(path, supervisor, settings, languageId);
}
