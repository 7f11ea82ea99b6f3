/** FULL takes texts, LITE takes sound. */
export type Mode = 'FULL' | 'LITE';
