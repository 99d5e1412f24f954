//! The one seam to AWS: SDK clients, attempts, classification, client-side faults.
