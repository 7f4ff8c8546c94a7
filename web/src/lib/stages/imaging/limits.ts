// What a workstation takes from the line as a radiograph: the limits of the checkpoint (docs/devices/xray.md, "Fail-safe").
export const BYTES_MAX = 16 * 1024 * 1024;
export const SIDE_MAX = 16_384;
export const PIXELS_MAX = 32_000_000;
/** Decoded pictures that stay in memory: this case's and the one before. 10 MB each. */
export const PICTURES_KEPT = 2;
/** Code streams that the worker keeps, so that a further layer asks for its own bytes only. */
export const STREAMS_KEPT = 6;
