// Which of a passage's pictures is decided by.

/** The picture that a release waits for; a centre that does not say so yet means the last one. */
export const decidingOf = <T extends { role?: string }>(images: readonly T[]): T | null => images.findLast((it) => it.role === 'deciding') ?? images.at(-1) ?? null;
