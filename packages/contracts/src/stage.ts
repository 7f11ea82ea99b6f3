/** How long LiveKit keeps a stage on which nobody watches, s. */
const keptFor = 86_400;

/**
 * How LiveKit has to make a stage, in the words of its RoomConfiguration. Whoever joins first makes the room, so every token we sign says
 * this.
 *
 * - Timeouts: LiveKit counts avatars, which are of kind agent, as nobody. By its defaults it would close the room under a speaking
 *   avatar, 20 s after the last viewer left.
 * - `syncStreams`: voice and picture come to a browser in one stream, and it keeps lips in sync. By default it plays each as soon as it can:
 *   the voice, which it buffers longer, some 20 to 40 ms after the picture.
 */
export const stageConfiguration = { emptyTimeout: keptFor, departureTimeout: keptFor, syncStreams: true };
