//! A drill without a screen: progress lines or JSON.
