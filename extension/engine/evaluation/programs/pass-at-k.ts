/** pass@k, without bias (Chen et al. 2021): the chance that of k samples drawn from those taken at least one passes. */

/** @returns null where fewer than k samples were taken; 1 − C(samples − passed, k) / C(samples, k) */
export function passAtK(samples: number, passed: number, k: number): number | null {
  if (samples < k) return null;
  if (samples - passed < k) return 1;
  let noneOfThem = 1;
  for (let size = samples - passed + 1; size <= samples; size++) noneOfThem *= 1 - k / size;
  return 1 - noneOfThem;
}
