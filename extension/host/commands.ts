/** The palette commands, as a table: name → what it does. */
import * as vscode from 'vscode';
import type { EngineSupervisor } from './engine/engine-supervisor.ts';
import { clearWeightsCache } from './models/clear-cache.ts';
import type { NeuronMap } from './map/neuron-map.ts';
import { chooseModel, languageAtHand } from './models/choose-model.ts';
import type { ModelTools } from './models/download-and-use.ts';
import { openExample } from './open-example.ts';
import { profileWorkspace } from './profile/profile-workspace.ts';
import { reportProblem, type ReportTools } from './report/report-problem.ts';
import { forgetServerKey, type ServerTools, setServerKey } from './server/server-commands.ts';
import { type Snooze, timeOfDay } from './snooze.ts';
import { showStatusMenu } from './views/status-menu.ts';
import { whyNothing, type WhyTools } from './why/why-nothing.ts';

export interface CommandTools extends ModelTools, WhyTools, ReportTools, ServerTools {
  readonly supervisor: EngineSupervisor;
  readonly log: vscode.LogOutputChannel;
  readonly snooze: Snooze;
  readonly neuronMap: NeuronMap;
}

type Command = (tools: CommandTools) => unknown;

const briefMs = 3_000;
const snoozeMs = 3_600_000;

const commands: Readonly<Record<string, Command>> = {
  'hotset.toggle': ({ settings, snooze }) => {
    if (settings.isSnoozed) snooze.end();
    else return settings.setEnabled(!settings.isEnabled);
    return undefined;
  },
  'hotset.snooze': whenOn(({ snooze }) => {
    snooze.start(snoozeMs);
  }),
  'hotset.completeHere': whenOn(() => vscode.commands.executeCommand('editor.action.inlineSuggest.trigger')),
  'hotset.openExample': openExample,
  'hotset.chooseModel': whenOn((tools) => chooseModel(tools)),
  'hotset.chooseLanguageModel': whenOn((tools) => chooseModel(tools, languageAtHand())),
  'hotset.profileWorkspace': whenOn(({ supervisor }) => profileWorkspace(supervisor)),
  'hotset.clearCache': clearWeightsCache,
  'hotset.showNeurons': ({ neuronMap }) => {
    neuronMap.show();
  },
  'hotset.whyNothing': whyNothing,
  'hotset.reportProblem': reportProblem,
  'hotset.restartEngine': whenOn(({ supervisor }) => supervisor.restart()),
  'hotset.setServerKey': (tools) => setServerKey(tools),
  'hotset.forgetServerKey': (tools) => forgetServerKey(tools),
  'hotset.showLog': ({ log }) => {
    log.show();
  },
  'hotset.showMenu': (tools) => showStatusMenu(tools),
};

export function registerCommands(tools: CommandTools): vscode.Disposable {
  const registered = Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(name, () => run(tools)),
  );
  return vscode.Disposable.from(...registered);
}

/** What needs a running engine says so, briefly, where completions are switched off. */
function whenOn(run: Command): Command {
  return async (tools) => {
    const { until } = tools.snooze;
    if (tools.settings.isEnabled && until === null) await run(tools);
    else if (until !== null) {
      vscode.window.setStatusBarMessage(
        `Hotset is snoozed until ${timeOfDay(until)}: wake it first`,
        briefMs,
      );
    } else vscode.window.setStatusBarMessage('Hotset is off: switch it on first', briefMs);
  };
}
