// What the browser can be asked for.

/** Whether it reports performance entries of this type. */
export const reports = (type: string): boolean => PerformanceObserver.supportedEntryTypes.includes(type);
