/** The policies that can be compared, by the names that the report gives them. */
import type { OpenPolicy } from '../policy.ts';
import { openHotset } from './hotset.ts';
import { openLlamaVscode } from './llama-vscode/policy.ts';
import { openPlain } from './plain.ts';

export const policyNames = ['hotset', 'plain', 'llama.vscode'] as const;
export type PolicyName = (typeof policyNames)[number];

export const policies: Readonly<Record<PolicyName, OpenPolicy>> = {
  hotset: openHotset,
  plain: openPlain,
  'llama.vscode': openLlamaVscode,
};
