/** linux/fb.h: the frame buffer device, as 64-bit programs see it. */
export const FBIOGET_VSCREENINFO = 0x4600;
export const FBIOPUT_VSCREENINFO = 0x4601;
export const FBIOGET_FSCREENINFO = 0x4602;
export const FBIOGETCMAP = 0x4604;
export const FBIOPUTCMAP = 0x4605;
export const FBIOPAN_DISPLAY = 0x4606;
export const FBIOBLANK = 0x4611;

/** struct fb_var_screeninfo: 40 words of 32 bits, and where some of them are. */
export const VAR_BYTES = 160;
export const VAR_XRES = 0;
export const VAR_YRES = 4;
export const VAR_XRES_VIRTUAL = 8;
export const VAR_YRES_VIRTUAL = 12;
export const VAR_XOFFSET = 16;
export const VAR_YOFFSET = 20;
export const VAR_BITS_PER_PIXEL = 24;
export const VAR_GRAYSCALE = 28;
/** Three words each: offset, length, msb_right. */
export const VAR_RED = 32;
export const VAR_GREEN = 44;
export const VAR_BLUE = 56;
export const VAR_ACTIVATE = 84;
export const VAR_HEIGHT_MM = 88;
export const VAR_WIDTH_MM = 92;
export const VAR_VMODE = 132;
export const FB_ACTIVATE_MASK = 15;
export const FB_ACTIVATE_NOW = 0;
export const FB_VMODE_YWRAP = 256;

/** struct fb_fix_screeninfo */
export const FIX_BYTES = 80;
export const FIX_ID_BYTES = 16;
export const FIX_MEMORY_BYTES = 24;
export const FIX_VISUAL = 36;
export const FIX_YPAN_STEP = 42;
export const FIX_LINE_BYTES = 48;
export const FB_VISUAL_TRUECOLOR = 2;

export const FB_BLANK_POWERDOWN = 4;
