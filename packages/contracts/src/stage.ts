/** How long LiveKit keeps a stage on which nobody watches, s. */
const keptFor = 86_400;

/**
 * How LiveKit has to make a stage, in the words of its RoomConfiguration.
 *
 * - Timeouts: LiveKit counts avatars, which are of kind agent, as nobody. By its defaults it would close the room under a
 *   speaking avatar, 20 s after the last viewer left.
 * - `syncStreams`: voice and picture come to a browser in one stream, and it keeps lips in sync. By default it plays each
 *   as soon as it can: the voice, which it buffers longer, some 20 to 40 ms after the picture.
 */
export const stageConfiguration = { emptyTimeout: keptFor, departureTimeout: keptFor, syncStreams: true };

/**
 * Has LiveKit make the room as a stage if the token's holder is the first to join, so every token for a stage needs it.
 *
 * The claim holds the set fields only. LiveKit's own RoomConfiguration would write every field that it has, and a server
 * that lacks one of them refuses the whole token (`unknown field "tags"`, livekit-server 1.9.12). The fields above are as
 * old as the claim itself (LiveKit's protocol 1.20, livekit-server 1.8); servers before that ignore the claim.
 */
export function configureStage(token: { roomConfig?: object | undefined }): void {
  token.roomConfig = stageConfiguration;
}
