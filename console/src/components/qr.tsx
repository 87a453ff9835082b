// A QR code, drawn here.
import { useMemo } from 'react';
import { encode } from 'uqr';

/** The code as SVG: no image is fetched, nothing leaves the page. */
export function Qr({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const code = encode(text, { border: 2 });
    let d = '';
    code.data.forEach((row, y) => {
      row.forEach((dark, x) => {
        if (dark) d += `M${x} ${y}h1v1h-1z`;
      });
    });
    return { size: code.size, path: d };
  }, [text]);
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      width={132}
      height={132}
      role="img"
      aria-label={label}
      style={{ borderRadius: 10, flex: 'none' }}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#0c1218" />
    </svg>
  );
}
