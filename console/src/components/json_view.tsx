// JSON as text pieces with colours; what a station sent is never markup.
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { layOut } from '../format';

export function JsonView({ value, label }: { value: unknown; label?: string }) {
  const { t } = useTranslation();
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
  const pieces = useMemo(() => layOut(text), [text]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: long JSON scrolls and must be reachable by keyboard
    <pre className="json" tabIndex={0} aria-label={label ?? t('json.label')} role="region">
      {pieces.map((piece, index) => (
        // the pieces of one text, in order
        <span key={index} className={piece.kind}>
          {piece.text}
        </span>
      ))}
    </pre>
  );
}
