import { toString as drawQrCode } from 'qrcode';

/** A QR code as an SVG document, with the quiet zone of four modules that ISO/IEC 18004 asks for. */
export function qrSvg(text: string): Promise<string> {
  return drawQrCode(text, { type: 'svg', errorCorrectionLevel: 'M', margin: 4 });
}
