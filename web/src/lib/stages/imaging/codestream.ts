// The bytes of one radiograph in this browser, grown by range requests as layers arrive. Not the decoding (`decode.worker`).
import { BYTES_MAX, PIXELS_MAX, SIDE_MAX } from './limits';

export interface Head { width: number; height: number; bits: number; components: number }

/** What the SIZ marker says (T.800, A.5.1); null when this is no code stream or one larger than we take. Read before any decoder sees the bytes. */
export function headOf(bytes: Uint8Array): Head | null {
	if (bytes.length < 43) return null;
	const it = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (it.getUint32(0) !== 0xff4f_ff51) return null;
	const width = it.getUint32(8) - it.getUint32(16), height = it.getUint32(12) - it.getUint32(20);
	const components = it.getUint16(40), bits = ((it.getUint8(42) & 0x7f) + 1);
	if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX || width * height > PIXELS_MAX) return null;
	return components === 1 && bits <= 16 && (it.getUint8(42) & 0x80) === 0 ? { width, height, bits, components } : null;
}

export type Ask = (url: string, from: number, to: number) => Promise<Response>;
/** Bytes `from` up to, not including, `to`. */
const ranged: Ask = (url, from, to) => fetch(url, { credentials: 'same-origin', headers: { range: `bytes=${from}-${to - 1}` } });

export class Codestream {
	#bytes = new Uint8Array(0);
	#have = 0;
	constructor(readonly url: string, private readonly ask: Ask = ranged) {}

	/** The first `end` bytes; asks for those that are not here yet. Throws when the centre has fewer, or answers with others. */
	async upto(end: number): Promise<Uint8Array> {
		if (!(end > 0) || end > BYTES_MAX) throw new Error(`a radiograph of ${end} bytes`);
		if (this.#have < end) {
			const from = this.#have;
			const answer = await this.ask(this.url, from, end);
			if (!answer.ok) throw new Error(`${answer.status}`);
			const got = new Uint8Array(await answer.arrayBuffer());
			// All of it, although a part was asked for, is a right answer too (RFC 9110, 14.2).
			const at = answer.status === 206 ? startOf(answer.headers.get('content-range')) : 0;
			if (at === null || at > from || at + got.length < end) throw new Error(`bytes ${at}+${got.length} for ${from}-${end}`);
			const grown = new Uint8Array(end);
			grown.set(this.#bytes.subarray(0, from));
			grown.set(got.subarray(from - at, end - at), from);
			this.#bytes = grown;
			this.#have = end;
		}
		return this.#bytes.subarray(0, end);
	}
}

function startOf(range: string | null): number | null {
	const found = /^bytes (\d{1,15})-/.exec(range ?? '');
	return found ? Number(found[1]) : null;
}
