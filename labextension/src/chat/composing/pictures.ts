/** Pictures that were pasted or dropped, made small enough to be sent. */

import type { IImage } from '../../protocol/question';

/** One that goes along with the next question. */
export interface IPicture extends IImage {
  readonly name: string;
}

/** Of one question, those of the selected cell included; the server takes no more. */
export const MOST_PICTURES = 4;
/** Of the longer side, in pixels: what models that look at pictures can use. */
const LONGEST_SIDE = 1600;
/** In bytes; a larger one is drawn again. */
const LARGE = 1_500_000;
const AS_THEY_ARE = ['image/png', 'image/jpeg'];

/** The picture, null for what cannot be read as one. */
export async function readPicture(file: File): Promise<IPicture | null> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) {
    return null;
  }
  const { width, height } = bitmap;
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const isSmall = scale === 1 && file.size <= LARGE && AS_THEY_ARE.includes(file.type);
  const blob = isSmall ? file : await drawn(bitmap, width * scale, height * scale, file.type);
  bitmap.close();
  return blob && { name: file.name, mime: blob.type, data: await base64(blob) };
}

async function drawn(bitmap: ImageBitmap, width: number, height: number, type: string): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const mime = type === 'image/jpeg' ? type : 'image/png';
  return new Promise(resolve => canvas.toBlob(resolve, mime, 0.9));
}

async function base64(blob: Blob): Promise<string> {
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(',') + 1);
}
