import { NextRequest, NextResponse } from 'next/server';
import sharp from 'sharp';

export const runtime = 'nodejs';

const MAX_WIDTH = 1600;

interface ImageParams {
  src: string;
  width: number;
  quality: number;
}

function params(req: NextRequest): ImageParams | null {
  const search = req.nextUrl.searchParams;
  const src = search.get('src');
  if (!src) {
    return null;
  }
  const width = Math.min(Number(search.get('w')) || 800, MAX_WIDTH);
  const quality = Math.min(Math.max(Number(search.get('q')) || 75, 30), 95);
  return { src, width, quality };
}

async function download(src: string): Promise<{ data: Buffer; type: string }> {
  const target = src.startsWith('//') ? `https:${src}` : src;
  const upstream = await fetch(target, { redirect: 'follow', signal: AbortSignal.timeout(8000) });
  const type = upstream.headers.get('content-type') ?? '';
  if (!upstream.ok) {
    throw new Error(`upstream answered ${upstream.status}`);
  }
  return { data: Buffer.from(await upstream.arrayBuffer()), type };
}

export async function GET(req: NextRequest): Promise<NextResponse> {
  const p = params(req);
  if (!p) {
    return NextResponse.json({ error: 'src is required' }, { status: 400 });
  }
  try {
    const { data, type } = await download(p.src);
    if (!type.startsWith('image/')) {
      return NextResponse.json({ error: 'not an image' }, { status: 415 });
    }
    const out = await sharp(data).resize({ width: p.width, withoutEnlargement: true }).webp({ quality: p.quality }).toBuffer();
    return new NextResponse(new Uint8Array(out), {
      headers: { 'content-type': 'image/webp', 'cache-control': 'public, max-age=86400' },
    });
  } catch (e) {
    console.error('image proxy', e);
    return NextResponse.json({ error: 'image not available' }, { status: 502 });
  }
}
