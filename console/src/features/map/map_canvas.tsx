// The drawn map, in its own chunk: sites as clusters, each a ring of how its stations stand. The rings are
// buttons; the list beside the map says the same to whoever does not see it.
import 'maplibre-gl/dist/maplibre-gl.css';
import {
  AttributionControl,
  type GeoJSONSource,
  LngLatBounds,
  Map as Maplibre,
  Marker,
  NavigationControl,
  setWorkerUrl,
} from 'maplibre-gl';
import worker from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { SiteOnMap } from '../../api/shapes';
import { type Counts, draw, PARTS } from './ring';
import { useRingWords } from './ring_words';
import { baseStyle } from './world';

setWorkerUrl(worker);

/** West, south, east, north in degrees. */
export type View = [number, number, number, number];

type Props = {
  sites: SiteOnMap[];
  scheme: 'light' | 'dark';
  open: (site: string) => void;
  moved: (view: View) => void;
  failed: () => void;
};

const NUMBERS = ['stations', ...PARTS] as const;
/** Beyond this, sites are never drawn together. */
const APART = 13;

const asPoints = (sites: SiteOnMap[]) => ({
  type: 'FeatureCollection' as const,
  features: sites.map((site) => ({
    type: 'Feature' as const,
    properties: {
      site: site.id,
      name: site.name,
      ...Object.fromEntries(NUMBERS.map((key) => [key, site[key]])),
    },
    geometry: { type: 'Point' as const, coordinates: [site.longitude, site.latitude] },
  })),
});

const boundsOf = (sites: SiteOnMap[]) => {
  const bounds = new LngLatBounds();
  for (const site of sites) bounds.extend([site.longitude, site.latitude]);
  return bounds;
};

type Pin = { marker: Marker; shown: string; press: () => void };

export default function MapCanvas({ sites, scheme, open, moved, failed }: Props) {
  const { t, i18n } = useTranslation();
  const words = useRingWords();
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<Maplibre | null>(null);
  const pins = useRef(new Map<string, Pin>());
  // What the map's own calls look up is always the newest.
  const now = useRef({ sites, open, moved, failed, words, t });
  now.current = { sites, open, moved, failed, words, t };

  useEffect(() => {
    const container = box.current;
    if (!container) return;
    let drawn: Maplibre;
    try {
      drawn = new Maplibre({
        container,
        style: { version: 8, sources: {}, layers: [] },
        bounds: now.current.sites.length > 0 ? boundsOf(now.current.sites) : [-130, -50, 150, 68],
        fitBoundsOptions: { padding: 70, maxZoom: 9 },
        maxZoom: 16,
        dragRotate: false,
        pitchWithRotate: false,
        attributionControl: false,
        // the page itself scrolls
        cooperativeGestures: true,
        locale: {
          'CooperativeGesturesHandler.WindowsHelpText': now.current.t('map.wheel'),
          'CooperativeGesturesHandler.MacHelpText': now.current.t('map.wheel_mac'),
          'CooperativeGesturesHandler.MobileHelpText': now.current.t('map.two_fingers'),
          'NavigationControl.ZoomIn': now.current.t('map.zoom_in'),
          'NavigationControl.ZoomOut': now.current.t('map.zoom_out'),
          'Map.Title': now.current.t('map.title'),
        },
      });
    } catch {
      now.current.failed();
      return;
    }
    map.current = drawn;
    drawn.touchZoomRotate.disableRotation();
    drawn.keyboard.disableRotation();
    drawn.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    drawn.addControl(new AttributionControl({ compact: true, customAttribution: 'Natural Earth' }));
    const tell = () => {
      const bounds = drawn.getBounds();
      now.current.moved([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]);
    };
    drawn.on('moveend', tell);
    drawn.on('load', tell);
    const place = () => {
      if (drawn.getSource('sites') && drawn.isSourceLoaded('sites')) pin(drawn);
    };
    drawn.on('moveend', place);
    drawn.on('sourcedata', (event) => {
      if (event.sourceId === 'sites') place();
    });
    drawn.on('idle', place);
    const kept = pins.current;
    return () => {
      map.current = null;
      kept.clear();
      drawn.remove();
    };
  }, []);

  /** Puts a button at each cluster and site that is in sight; those that stay are the same elements. */
  function pin(drawn: Maplibre) {
    const left = new Map(pins.current);
    for (const found of drawn.querySourceFeatures('sites')) {
      const { geometry, properties } = found;
      if (geometry.type !== 'Point') continue;
      const [lng = 0, lat = 0] = geometry.coordinates;
      const cluster = properties.cluster_id as number | undefined;
      const site = properties.site as string | undefined;
      const key = site ?? `${lng.toFixed(3)} ${lat.toFixed(3)}`;
      const counts = Object.fromEntries(NUMBERS.map((one) => [one, Number(properties[one])])) as Counts;
      const name = site
        ? String(properties.name)
        : now.current.t('map.cluster', { count: Number(properties.point_count) });
      const shown = JSON.stringify([name, counts]);
      const press = () => {
        if (site) now.current.open(site);
        else if (cluster !== undefined) {
          const source = drawn.getSource<GeoJSONSource>('sites');
          void source
            ?.getClusterExpansionZoom(cluster)
            .then((zoom) => drawn.easeTo({ center: [lng, lat], zoom }));
        }
      };
      const old = pins.current.get(key);
      left.delete(key);
      if (old) {
        old.press = press;
        if (old.shown !== shown) dress(old, shown, name, counts);
        continue;
      }
      const element = document.createElement('button');
      element.type = 'button';
      element.className = 'mapring';
      element.dataset.ring = site ?? 'cluster';
      const marker = new Marker({ element, opacityWhenCovered: '1' }).setLngLat([lng, lat]);
      const made: Pin = { marker, shown: '', press };
      element.addEventListener('click', (event) => {
        event.stopPropagation();
        made.press();
      });
      dress(made, shown, name, counts);
      marker.addTo(drawn);
      pins.current.set(key, made);
    }
    for (const [key, gone] of left) {
      gone.marker.remove();
      pins.current.delete(key);
    }
  }

  function dress(one: Pin, shown: string, name: string, counts: Counts) {
    one.shown = shown;
    const element = one.marker.getElement();
    const label = now.current.t('map.ring', {
      name,
      count: counts.stations,
      parts: now.current.words(counts),
    });
    element.setAttribute('aria-label', label);
    element.title = label;
    element.replaceChildren(draw(counts));
  }

  // The base map in the colours of the page; the sites are put on it again.
  useEffect(() => {
    let wanted = true;
    baseStyle(scheme, i18n.language).then(
      (style) => {
        const drawn = map.current;
        if (!wanted || !drawn) return;
        style.sources.sites = {
          type: 'geojson',
          data: asPoints(now.current.sites),
          cluster: true,
          clusterRadius: 52,
          clusterMaxZoom: APART,
          clusterProperties: Object.fromEntries(NUMBERS.map((key) => [key, ['+', ['get', key]]])),
        };
        style.layers.push({
          id: 'sites',
          type: 'circle',
          source: 'sites',
          paint: { 'circle-radius': 1, 'circle-opacity': 0 },
        });
        drawn.setStyle(style, { diff: false });
      },
      () => wanted && now.current.failed(),
    );
    return () => {
      wanted = false;
    };
  }, [scheme, i18n.language]);

  useEffect(() => {
    map.current?.getSource<GeoJSONSource>('sites')?.setData(asPoints(sites));
  }, [sites]);

  return <div ref={box} className="mapbox" data-testid="map" />;
}
