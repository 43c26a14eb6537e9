// Numbers of the box's sentences, as they are written in Vietnam.

/** `20000` as `20.000`. */
export const grouped = (n: string): string => n.replaceAll(/\B(?=(?:\d{3})+$)/g, '.');

/** A number of bytes in whole megabytes; so small a one that there is none is 1. */
export const megabytes = (bytes: string): string => grouped(String(Math.max(1, Math.round(Number(bytes) / 1_000_000))));

/** Figures within words: `-62.4 LUFS` as `-62,4 LUFS`. */
export const decimal = (text: string): string => text.replaceAll(/(\d)\.(?=\d)/g, '$1,');
