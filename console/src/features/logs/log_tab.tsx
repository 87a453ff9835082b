// The log of one station.
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { LogInspector } from './log_inspector';

export function LogTab() {
  const { id } = useParams({ from: '/shell/stations/$id' });
  const search = useSearch({ from: '/shell/stations/$id/log' });
  const navigate = useNavigate({ from: '/stations/$id/log' });
  return (
    <LogInspector
      station={id}
      search={search}
      set={(next) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true })}
    />
  );
}
