// The base map that is always there: the countries of the world, drawn from a file of the console's own. No
// third party is asked for anything, and labels are drawn with the browser's own letters.
import type { StyleSpecification } from 'maplibre-gl';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import file from 'world-atlas/countries-50m.json?url';

type World = Topology<{ countries: GeometryCollection<{ name: string }> }>;
type Ring = number[][];
type Land = { id?: string | number; properties: { name: string } | null; geometry: GeoJSON.Geometry };

/** Twice the area of a ring, counted as positive one way round, and its centre of mass. */
function weigh(ring: Ring): { twice: number; at: [number, number] } {
  let [twice, x, y] = [0, 0, 0];
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [ax = 0, ay = 0] = ring[j] ?? [];
    const [bx = 0, by = 0] = ring[i] ?? [];
    const cross = ax * by - bx * ay;
    twice += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  return {
    twice,
    at: twice === 0 ? [ring[0]?.[0] ?? 0, ring[0]?.[1] ?? 0] : [x / (3 * twice), y / (3 * twice)],
  };
}

/** Where the name of a country stands: the centre of its largest part. */
export function labelPoint(geometry: GeoJSON.Geometry): { at: [number, number]; area: number } | null {
  const polygons =
    geometry.type === 'Polygon'
      ? [geometry.coordinates]
      : geometry.type === 'MultiPolygon'
        ? geometry.coordinates
        : [];
  let best: { at: [number, number]; area: number } | null = null;
  for (const [ring] of polygons) {
    if (!ring) continue;
    const { twice, at } = weigh(ring);
    const area = Math.abs(twice / 2);
    if (!best || area > best.area) best = { at, area };
  }
  return best;
}

/** The name of a country in the reader's language, by its number in ISO 3166-1; else as the file has it. */
export function nameOf(land: Pick<Land, 'id' | 'properties'>, language: string): string {
  const known = land.properties?.name ?? '';
  try {
    const region = new Intl.Locale(`und-${String(land.id).padStart(3, '0')}`).region;
    if (!region || /^\d/.test(region)) return known;
    return new Intl.DisplayNames([language], { type: 'region', fallback: 'none' }).of(region) ?? known;
  } catch {
    return known;
  }
}

let world: Promise<World> | undefined;
const read = () => {
  world ??= fetch(file)
    .then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status}`);
      return answer.json() as Promise<World>;
    })
    .catch((error) => {
      world = undefined;
      throw error;
    });
  return world;
};

const COLOURS = {
  light: { sea: '#dfe9f0', land: '#f8f9f7', border: '#b9c6cf', word: '#5a6a77', halo: '#f8f9f7' },
  dark: { sea: '#0c141b', land: '#1b252e', border: '#37464f', word: '#8fa0ad', halo: '#141c24' },
};

/** The style of the base map in one of the two schemes. */
export async function baseStyle(scheme: 'light' | 'dark', language: string): Promise<StyleSpecification> {
  const data = await read();
  const countries = feature(data, data.objects.countries);
  const labels = (countries.features as Land[]).flatMap((land) => {
    const point = labelPoint(land.geometry);
    if (!point) return [];
    const properties = { name: nameOf(land, language), rank: -point.area };
    return [
      { type: 'Feature' as const, properties, geometry: { type: 'Point' as const, coordinates: point.at } },
    ];
  });
  const colours = COLOURS[scheme];
  return {
    version: 8,
    sources: {
      countries: { type: 'geojson', data: countries, tolerance: 0.2 },
      names: { type: 'geojson', data: { type: 'FeatureCollection', features: labels } },
    },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': colours.sea } },
      { id: 'land', type: 'fill', source: 'countries', paint: { 'fill-color': colours.land } },
      {
        id: 'borders',
        type: 'line',
        source: 'countries',
        paint: { 'line-color': colours.border, 'line-width': 0.9 },
      },
      {
        id: 'names',
        type: 'symbol',
        source: 'names',
        layout: {
          'text-field': ['get', 'name'],
          'text-font': ['sans-serif'],
          'text-size': ['interpolate', ['linear'], ['zoom'], 2, 10, 6, 15],
          'text-max-width': 7,
          'symbol-sort-key': ['get', 'rank'],
        },
        paint: { 'text-color': colours.word, 'text-halo-color': colours.halo, 'text-halo-width': 1.2 },
      },
    ],
  };
}
