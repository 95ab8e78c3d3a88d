// Packed files: browsers unpack gzip themselves; of other formats the reader is told what to do.
const formats = [
  { name: "gzip", begin: [0x1f, 0x8b] },
  { name: "xz", begin: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: "zstd", begin: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: "bzip2", begin: [0x42, 0x5a, 0x68] },
];

export const tooLong = (most) =>
  new Error(`This is more than the ${most >= 1 << 20 ? `${most >> 20} MiB` : `${most >> 10} KiB`} that are read here. “candor explain FILE” in a terminal reads any size.`);

async function gunzip(file, most) {
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error("This file is damaged: it can't be unpacked (gzip).");
    });
    if (done) break;
    length += value.length;
    if (length > most) {
      reader.cancel();
      throw tooLong(most);
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

// The bytes of a file, unpacked; an Error tells the reader why there are none.
export async function bytesOf(file, most) {
  const head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const packed = formats.find(({ begin }) => begin.every((byte, index) => head[index] === byte));
  if (packed?.name === "gzip" && "DecompressionStream" in window) return gunzip(file, most);
  if (packed) throw new Error(`This file is packed (${packed.name}), which browsers can't undo. Unpack it first, or let “candor explain FILE” in a terminal read it as it is.`);
  if (file.size > most) throw tooLong(most);
  return new Uint8Array(await file.arrayBuffer());
}
