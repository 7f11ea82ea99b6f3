/** Tracks of one stream are played in sync. */
export const avatarStream = 'avatar';
