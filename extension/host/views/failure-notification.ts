/** Says once that the engine or a model can't go on, with a way out; says nothing again until it ran meanwhile and was tried again. */
import * as vscode from 'vscode';
import type { EngineState, FailureCause } from '../engine/engine-state.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';

const actions: Readonly<Record<FailureCause, readonly Action[]>> = {
  model: [
    { title: 'Choose Model', command: 'hotset.chooseModel' },
    { title: 'Restart', command: 'hotset.restartEngine' },
    { title: 'Show Log', command: 'hotset.showLog' },
  ],
  engine: [
    { title: 'Restart', command: 'hotset.restartEngine' },
    { title: 'Show Log', command: 'hotset.showLog' },
  ],
};

interface Action {
  readonly title: string;
  readonly command: string;
}

export function notifyOfFailures(supervisor: EngineSupervisor): vscode.Disposable {
  let isKnown = false;
  let wasTried = true;
  return vscode.Disposable.from(
    supervisor.onState((state) => {
      if (state.kind === 'ready') isKnown = false;
      if (state.kind === 'loading' || state.kind === 'starting') wasTried = true;
      // Whoever goes from file to file comes back to a model that failed: once told is enough.
      if (state.kind !== 'failed' || isKnown || !wasTried) return;
      isKnown = true;
      wasTried = false;
      void notify(state);
    }),
  );
}

async function notify({ reason, cause }: Extract<EngineState, { kind: 'failed' }>): Promise<void> {
  const titles = actions[cause].map(({ title }) => title);
  const chosen = await vscode.window.showErrorMessage(`Hotset: ${reason}`, ...titles);
  const action = actions[cause].find(({ title }) => title === chosen);
  if (action !== undefined) await vscode.commands.executeCommand(action.command);
}
