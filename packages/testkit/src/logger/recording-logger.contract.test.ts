import { describeContract } from "../vitest.ts";
import { loggerContract } from "./logger-contract.ts";
import { recordingLoggerBinding } from "./logger-subject.ts";

describeContract(loggerContract, recordingLoggerBinding());
