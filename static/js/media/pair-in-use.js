/**
 * Find the pair of candidates that a connection's media goes over.
 *
 * A transport names it. Firefox long reported no transports and marks the pair as `selected`, which is its own
 * word: `nominated` alone is not enough, as it nominates one pair after another and forgets none.
 *
 * @param {ReadonlyMap<string, any>} report W3C webrtc-stats.
 * @returns {any} Undefined while there is none.
 */
export function pairInUse(report) {
  const stats = [...report.values()];
  const transport = stats.find(({ type }) => type === 'transport');
  const pairs = stats.filter(({ type }) => type === 'candidate-pair');
  return (
    report.get(transport?.selectedCandidatePairId) ??
    pairs.find(({ selected }) => selected === true) ??
    pairs.find(({ nominated }) => nominated === true)
  );
}
