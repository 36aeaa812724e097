/** Use case: profile a model on the person's workspace, for the loads to come. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ProfileParams, ProfileResult } from '../../protocol/requests.ts';
import { embeddedModelPath, pathBeside } from '../installation.ts';
import type { ProfileTools } from './open-profiler.ts';
import { profileModel, type ProfileProgress } from './profile-model.ts';
import { storedProfilePath } from './profile-store.ts';
import { carriedShare } from './skew.ts';

export interface WorkspaceTools extends ProfileTools<ProfileProgress> {
  /** Folder of the installation. */
  readonly root: string;
  /** Folder of the person's own profiles; beside the model when left out. */
  readonly storage?: string;
}

/**
 * @returns null when the signal ended it: the profile is as before
 * @throws EngineError
 */
export async function profileWorkspace(
  params: ProfileParams,
  tools: WorkspaceTools,
): Promise<ProfileResult | null> {
  const { storage, root } = tools;
  const model = params.path ?? embeddedModelPath(root);
  const output = storage === undefined ? pathBeside(model, 'profile') : storedProfilePath(storage, model);
  mkdirSync(dirname(output), { recursive: true });
  const report = await profileModel({ ...params, model, output, threads: 0, keepsPart: false }, tools);
  if (report === null) return null;
  const { plot, corpus, tokens, all } = report;
  return { plot, corpus, tokens, activity: all.activity, carriers: all.carriers, carriedShare };
}
