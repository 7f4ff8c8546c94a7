// Cuts Kazakhstan's outline out of Natural Earth (npm world-atlas, public domain) and writes it as plain
// rings of [lon, lat] with two decimals: 1 km on the ground, less than a pixel of the wall.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';

const atlas = createRequire(import.meta.url).resolve('world-atlas/countries-50m.json');
const world = JSON.parse(readFileSync(atlas, 'utf8'));
const found = feature(world, world.objects.countries).features.find((it) => it.id === '398');
const polygons = found.geometry.type === 'Polygon' ? [found.geometry.coordinates] : found.geometry.coordinates;
const rings = polygons.map((it) => it[0].map(([lon, lat]) => [Number(lon.toFixed(2)), Number(lat.toFixed(2))]));
writeFileSync(new URL('../src/lib/wall/border.json', import.meta.url), JSON.stringify(rings));
console.log(`${rings.length} ring(s), ${rings.flat().length} points`);
