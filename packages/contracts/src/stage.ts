/**
 * How long LiveKit keeps a stage on which nobody watches, seconds. It counts avatars, which are of kind agent, as nobody: by its
 * defaults it would close the room under a speaking avatar, 20 s after the last viewer left. Whoever joins first makes the room, so every
 * token we sign says this.
 */
export const stageTimeoutSeconds = 86_400;
