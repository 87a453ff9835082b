// A bay: one EVSE as a wall screen shows it.
import type { ConnectorStatus, Station } from '../../api/shapes';

export type Bay = {
  /** Of the EVSE. */
  id: string;
  station: Station;
  /** Station and number, where it has several. */
  name: string;
  status: ConnectorStatus | 'offline';
  powerW: number | null;
  /** Since when somebody charges there. */
  since: string | null;
  /** Why it deserves a look. */
  error: string | null;
};

const quiet = (code: string | null | undefined) => !code || code === 'NoError';

export function baysOf(stations: Station[]): Bay[] {
  return stations.flatMap((station) => {
    const several = station.evses.length > 1;
    return station.evses.map((evse): Bay => {
      const broken = evse.connectors.find((connector) => !quiet(connector.error_code));
      return {
        id: evse.id,
        station,
        name: several ? `${station.identity} · ${evse.number}` : station.identity,
        status: station.online ? evse.status : 'offline',
        powerW: station.online ? evse.power_w : null,
        since: evse.session_id ? evse.session_started_at : null,
        error: broken ? [broken.error_code, broken.error_info].filter(Boolean).join(': ') : null,
      };
    });
  });
}

/** How many columns and rows of tiles fit; at least one. */
export function fit(width: number, height: number, tile: { width: number; height: number; gap: number }) {
  const many = (space: number, one: number) => Math.max(1, Math.floor((space + tile.gap) / (one + tile.gap)));
  return { columns: many(width, tile.width), rows: many(height, tile.height) };
}
