/** Where an exchange goes: to whichever replica the queue group picks, or to one by its id. */
export type Place = { readonly kind: 'group' } | { readonly kind: 'replica'; readonly replicaId: string };

/**
 * The queue group goes on picking a replica that hangs, so an exchange that was lost there says nothing but that one of
 * the group is silent. What says more is who has answered of late:
 *
 *     group --lost--> direct: the replicas that were heard of late, in turn
 *     direct --all of them lost, or DIRECT_MS after the last loss in the group--> group
 *
 * The way back is always open, so that load spreads again and replicas are met that nobody has heard yet.
 */
export interface ReplicaChooser {
  /** Where an exchange goes at first. */
  first(): Place;
  /** Where an exchange goes that was lost: where somebody was heard just now, else to several at once. */
  again(): readonly Place[];
  /** A replica has answered. */
  heard(replicaId: string): void;
  /** An exchange got no answer; nobody is forgotten for what the group did. */
  lost(place: Place): void;
}

export interface ChooserSettings {
  readonly monotonicMs: () => number;
  /** How long an exchange waits for its answer. */
  readonly deadlineMs: number;
}

/** How long the group is left alone: each return to it may cost requests one more deadline. */
const DIRECT_MS = 5_000;

/** Replicas that are remembered; beyond, the one that was silent longest is forgotten. */
const REPLICAS_MAX = 32;

/** Two, since one of them may be the one that hangs. */
const KNOWN_TRIED_AGAIN = 2;

const GROUP: Place = { kind: 'group' };
const replica = (replicaId: string): Place => ({ kind: 'replica', replicaId });

/** Remembers who answered; starts with the group, knowing nobody. */
export function replicaChooser({ monotonicMs, deadlineMs }: ChooserSettings): ReplicaChooser {
  // An answer from the first half of a lost exchange's wait may be the last thing that its replica said before it hung.
  const freshMs = deadlineMs / 2;
  const heardAtMs = new Map<string, number>();
  let direct: { readonly heardAfterMs: number; readonly untilMs: number } | undefined;
  let turn = 0;

  const heardAfter = (momentMs: number) =>
    [...heardAtMs].flatMap(([replicaId, atMs]) => (atMs > momentMs ? [replicaId] : []));

  const directReplicas = (nowMs: number): readonly string[] => {
    if (direct !== undefined && nowMs >= direct.untilMs) direct = undefined;
    return direct === undefined ? [] : heardAfter(direct.heardAfterMs);
  };

  const latestFirst = () => [...heardAtMs].sort(([, one], [, other]) => other - one).map(([replicaId]) => replicaId);

  return {
    first: () => {
      if (direct === undefined) return GROUP;
      const replicas = directReplicas(monotonicMs());
      const chosen = replicas[turn++ % replicas.length];
      return chosen === undefined ? GROUP : replica(chosen);
    },

    again: () => {
      const latest = latestFirst().slice(0, KNOWN_TRIED_AGAIN);
      const [first] = latest;
      const isFresh = first !== undefined && (heardAtMs.get(first) ?? 0) > monotonicMs() - freshMs;
      return isFresh ? [replica(first)] : [...latest.map(replica), GROUP];
    },

    heard: (replicaId) => {
      if (!heardAtMs.has(replicaId) && heardAtMs.size >= REPLICAS_MAX) {
        const quietest = latestFirst().at(-1);
        if (quietest !== undefined) heardAtMs.delete(quietest);
      }
      heardAtMs.set(replicaId, monotonicMs());
    },

    lost: (place) => {
      if (place.kind === 'replica') {
        heardAtMs.delete(place.replicaId);
        return;
      }
      const nowMs = monotonicMs();
      const stillAsked = directReplicas(nowMs).length > 0 ? direct?.heardAfterMs : undefined;
      direct = { heardAfterMs: stillAsked ?? nowMs - freshMs, untilMs: nowMs + DIRECT_MS };
    },
  };
}
