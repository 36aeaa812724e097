/** Follows where the person looks, so that the engine can read there before anything is typed. */
import * as vscode from 'vscode';
import type { CompletionScheduler } from '../../scheduling/completion-scheduler.ts';
import type { Place } from '../../scheduling/place.ts';
import { placeIn, type PlaceSettings } from './document-place.ts';
import { type EligibilitySettings, mayComplete } from './eligibility.ts';

export function followAttention(
  scheduler: Pick<CompletionScheduler, 'attend'>,
  settings: EligibilitySettings & PlaceSettings,
): vscode.Disposable {
  const attend = () => {
    scheduler.attend(() => attendedPlace(settings));
  };
  attend();
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(attend),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
      if (textEditor === vscode.window.activeTextEditor) attend();
    }),
  );
}

function attendedPlace(settings: EligibilitySettings & PlaceSettings): Place | null {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || !mayComplete(editor.document, settings)) return null;
  return editor.selection.isEmpty ? placeIn(editor.document, editor.selection, '', settings) : null;
}
