/**
 * What PowerInfer (arXiv 2312.12456) publishes of its models: the share of neurons that fire (Table 1 and section 8: 1 less the
 * sparsity) and of predictors over all weights (section 8.4). LLaMA-33B is not among them: between 13B and 70B.
 */
import data from './sparse-models.json' with { type: 'json' };

export interface SparseModel {
  readonly activity: number;
  readonly predictorShare: number;
}

export const sparseModels: Readonly<Record<string, SparseModel>> = data;
