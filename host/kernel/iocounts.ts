/** What read and write calls moved, for /proc/PID/io. */
export interface IoCounts {
  rchar: number;
  wchar: number;
  syscr: number;
  syscw: number;
}

export function noIo(): IoCounts {
  return { rchar: 0, wchar: 0, syscr: 0, syscw: 0 };
}

export function addIo(sum: IoCounts, { rchar, wchar, syscr, syscw }: IoCounts): void {
  sum.rchar += rchar;
  sum.wchar += wchar;
  sum.syscr += syscr;
  sum.syscw += syscw;
}
