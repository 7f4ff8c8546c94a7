// The radiograph by WebGL2: all twelve bits in integer textures, the tone in the shader, so that a drag costs one draw.
// Integer textures are not filtered by the machine; the shader does it, the same everywhere.
import type { Picture } from './decoder';
import { PALETTE, type CodeMap, type Plane } from './material';
import { levelFor, type Painter, type Scene } from './painter';
import { EDGE_GAIN, ENHANCE, LOCAL_GAIN, LOCAL_KEEP, SHADOW, VOID } from './tone';

const VERTEX = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }`;
const FRAGMENT = `#version 300 es
precision highp float; precision highp int; precision highp usampler2D;
uniform usampler2D u_plane, u_far, u_codes;
uniform sampler2D u_palette;
uniform vec2 u_image, u_corner, u_offset;
uniform float u_scale, u_step;
uniform vec2 u_window;
uniform bool u_air_white, u_sharp, u_material;
uniform int u_enhance;
out vec4 colour;
float at(usampler2D of, ivec2 p) { return float(texelFetch(of, clamp(p, ivec2(0), textureSize(of, 0) - 1), 0).r); }
float mixed(usampler2D of, vec2 t) {
	vec2 i = floor(t), f = t - i; ivec2 p = ivec2(i);
	return mix(mix(at(of, p), at(of, p + ivec2(1, 0)), f.x), mix(at(of, p + ivec2(0, 1)), at(of, p + ivec2(1, 1)), f.x), f.y);
}
void main() {
	vec2 dot_ = vec2(gl_FragCoord.x - u_corner.x, u_corner.y - gl_FragCoord.y);
	vec2 px = (dot_ - u_offset) / u_scale;
	if (any(lessThan(px, vec2(0.0))) || any(greaterThanEqual(px, u_image))) { colour = vec4(${VOID.map((it) => (it / 255).toFixed(5)).join()}, 1.0); return; }
	vec2 t = u_sharp ? floor(px / u_step) : px / u_step - 0.5;
	float value = mixed(u_plane, t);
	if (u_enhance == 1) {
		ivec2 p = ivec2(floor(t)), size = textureSize(u_plane, 0) - 1;
		p = clamp(p, ivec2(0), size);
		float sum = 0.0;
		for (int y = -2; y <= 2; y += 2) for (int x = -2; x <= 2; x += 2) if (x != 0 || y != 0) sum += at(u_plane, p + ivec2(x, y));
		value += ${EDGE_GAIN.toFixed(3)} * (value - sum / 8.0);
	} else if (u_enhance == 2) {
		vec2 ratio = vec2(textureSize(u_far, 0)) / u_image;
		float far = mixed(u_far, px * ratio - 0.5), level = (u_window.x + u_window.y) * 0.5;
		value = level + ${LOCAL_KEEP.toFixed(3)} * (far - level) + ${LOCAL_GAIN.toFixed(3)} * (value - far);
	}
	float l = clamp((value - u_window.x) / max(1.0, u_window.y - u_window.x), 0.0, 1.0);
	if (!u_air_white) l = 1.0 - l;
	vec3 tint = vec3(1.0);
	if (u_material) {
		vec2 ratio = vec2(textureSize(u_codes, 0)) / u_image;
		uint code = texelFetch(u_codes, min(ivec2(px * ratio), textureSize(u_codes, 0) - 1), 0).r;
		tint = texelFetch(u_palette, ivec2(int(code), 0), 0).rgb;
		colour = vec4(u_air_white ? ${SHADOW.toFixed(3)} * tint + l * (1.0 - ${SHADOW.toFixed(3)} * tint) : l * tint, 1.0);
	} else colour = vec4(vec3(l), 1.0);
}`;
const UNIFORMS = ['u_plane', 'u_far', 'u_codes', 'u_palette', 'u_image', 'u_corner', 'u_offset', 'u_scale', 'u_step', 'u_window', 'u_air_white', 'u_sharp', 'u_material', 'u_enhance'] as const;

/** Null where WebGL2 is missing or only imitated by the processor: there the canvas is faster. */
export function webglPainter(canvas: HTMLCanvasElement): Painter | null {
	const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false, stencil: false, failIfMajorPerformanceCaveat: true });
	if (!gl) return null;
	const program = linked(gl);
	if (!program) return null;
	const place = Object.fromEntries(UNIFORMS.map((it) => [it, gl.getUniformLocation(program, it)])) as Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;
	const largest = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
	gl.useProgram(program);
	gl.bindVertexArray(gl.createVertexArray());
	for (const [n, name] of (['u_plane', 'u_far', 'u_codes', 'u_palette'] as const).entries()) gl.uniform1i(place[name], n);

	const upload = (unit: number, old: WebGLTexture | null, put: () => void): WebGLTexture | null => {
		if (old) gl.deleteTexture(old);
		const it = gl.createTexture();
		gl.activeTexture(gl.TEXTURE0 + unit);
		gl.bindTexture(gl.TEXTURE_2D, it);
		for (const [name, value] of [[gl.TEXTURE_MIN_FILTER, gl.NEAREST], [gl.TEXTURE_MAG_FILTER, gl.NEAREST], [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]] as const) gl.texParameteri(gl.TEXTURE_2D, name, value);
		// Rows of odd length stand without gaps.
		gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
		put();
		return it;
	};
	const plane = (unit: number, old: WebGLTexture | null, of: Plane) => upload(unit, old, () => gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, of.width, of.height, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, of.data));
	const codes = (old: WebGLTexture | null, of: CodeMap) => upload(2, old, () => gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, of.width, of.height, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, of.data));

	let picture: Picture | null = null;
	let levels: (WebGLTexture | null)[] = [];
	let far: WebGLTexture | null = null;
	let mapped = false;
	let map = codes(null, { width: 1, height: 1, data: new Uint8Array(1) });
	upload(3, null, () => gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, 256, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, PALETTE));

	return {
		kind: 'webgl2',
		load(it) {
			for (const old of levels) gl.deleteTexture(old);
			// A level larger than the machine's textures is left out: the next coarser one stands for it.
			levels = it.levels.map((level) => (Math.max(level.width, level.height) > largest ? null : plane(0, null, level)));
			far = plane(1, far, it.far);
			picture = it;
		},
		loadMap(it) { mapped = it !== null; map = codes(map, it ?? { width: 1, height: 1, data: new Uint8Array(1) }); },
		paint(scene: Scene) {
			if (!picture || gl.isContextLost()) return;
			const { tone, image } = scene;
			gl.uniform2f(place.u_image, image.width, image.height);
			gl.uniform2f(place.u_window, tone.window.low, tone.window.high);
			gl.uniform1i(place.u_air_white, Number(tone.air_white));
			gl.uniform1i(place.u_material, Number(tone.material && mapped));
			gl.uniform1i(place.u_enhance, ENHANCE.indexOf(tone.enhance));
			gl.enable(gl.SCISSOR_TEST);
			for (const { box, view, sharp } of scene.panes) {
				let { index, step } = levelFor(view.scale, picture);
				while (index < levels.length - 1 && !levels[index]) { index += 1; step *= 2; }
				gl.activeTexture(gl.TEXTURE0);
				gl.bindTexture(gl.TEXTURE_2D, levels[index] ?? null);
				const left = Math.round(box.left), top = Math.round(box.top), w = Math.round(box.width), h = Math.round(box.height);
				const bottom = canvas.height - top - h;
				gl.viewport(0, 0, canvas.width, canvas.height);
				gl.scissor(left, bottom, w, h);
				gl.uniform2f(place.u_corner, left, canvas.height - top);
				gl.uniform2f(place.u_offset, view.left, view.top);
				gl.uniform1f(place.u_scale, view.scale);
				gl.uniform1f(place.u_step, step);
				gl.uniform1i(place.u_sharp, Number(sharp));
				gl.drawArrays(gl.TRIANGLES, 0, 3);
			}
		},
		free() { gl.getExtension('WEBGL_lose_context')?.loseContext(); picture = null; levels = []; }
	};
}

function linked(gl: WebGL2RenderingContext): WebGLProgram | null {
	const program = gl.createProgram();
	for (const [type, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
		const it = gl.createShader(type);
		if (!program || !it) return null;
		gl.shaderSource(it, text);
		gl.compileShader(it);
		gl.attachShader(program, it);
	}
	gl.linkProgram(program);
	return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}
