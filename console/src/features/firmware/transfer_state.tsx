// Where a file on its way to or from a station stands: our state, and the station's own word.
import { useTranslation } from 'react-i18next';
import type { Transfer } from '../../api/shapes';
import { Fine, Flag } from '../../components/status_badge';
import { isOpen } from './facts';

export function TransferState({ transfer }: { transfer: Transfer }) {
  const { t } = useTranslation();
  const word = t(`transfer.state.${transfer.state}`);
  const why = transfer.error
    ? t(`transfer.error.${transfer.error}`, { defaultValue: transfer.error })
    : undefined;
  return (
    <>
      {transfer.state === 'done' ? (
        <Fine word={word} />
      ) : (
        <Flag word={word} hint={why} tone={isOpen(transfer.state) ? 'busy' : 'bad'} />
      )}
      {(transfer.status || why) && <div className="sub">{transfer.status ?? why}</div>}
    </>
  );
}
