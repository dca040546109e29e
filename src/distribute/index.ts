/** Several processes that train one model together. */
export { parseClusterConfig, type ClusterConfig, type Peer, type Task, type TaskType } from "./config";
export { ALONE, together, type Cluster } from "./cluster";
export { joinCluster, type JoinOptions } from "./join";
export { agree, averaged, bytesFromChief, takeFromChief } from "./exchange";
