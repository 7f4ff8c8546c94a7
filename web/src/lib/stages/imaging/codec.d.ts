// What this project calls of @cornerstonejs/codec-openjpeg, which brings no types.
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
	interface J2KDecoder { getEncodedBuffer(size: number): Uint8Array; getDecodedBuffer(): Uint8Array; decode(): void; decodeSubResolution(halvings: number, layer: number): void; delete(): void }
	interface Codec { J2KDecoder: new () => J2KDecoder }
	const make: (options: { locateFile?: (name: string) => string; wasmBinary?: Uint8Array; print?: () => void; printErr?: () => void }) => Promise<Codec>;
	export default make;
}
declare module '@cornerstonejs/codec-openjpeg/decodewasm?url' {
	const url: string;
	export default url;
}
